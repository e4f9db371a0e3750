using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Puna.Server.Requests;

/// <summary>An answer in pieces. Each piece is sent at once.</summary>
internal sealed class ReplyStream(HttpResponse response, StreamFormat format, CancellationToken cancellation)
{
    private bool _begun;

    internal Task WriteAsync<T>(T value, JsonTypeInfo<T> type, string? eventName = null) =>
        WriteAsync(JsonSerializer.SerializeToUtf8Bytes(value, type), eventName);

    /// <summary>One piece, already JSON.</summary>
    internal Task WriteAsync(ReadOnlyMemory<byte> json, string? eventName = null) => WriteAsync(json, eventName, cancellation);

    /// <summary>A last piece, also after what cancels the others.</summary>
    internal Task WriteLastAsync(ReadOnlyMemory<byte> json, string? eventName) => WriteAsync(json, eventName, CancellationToken.None);

    /// <summary>The mark that ends OpenAI's streams.</summary>
    internal Task DoneAsync() => WriteAsync("[DONE]"u8.ToArray());

    private async Task WriteAsync(ReadOnlyMemory<byte> json, string? eventName, CancellationToken until)
    {
        Begin();
        PipeWriter writer = response.BodyWriter;
        bool isEvent = format == StreamFormat.Events;
        if (isEvent && eventName is not null) writer.Write(Encoding.UTF8.GetBytes($"event: {eventName}\n"));
        if (isEvent) writer.Write("data: "u8);
        writer.Write(json.Span);
        writer.Write(isEvent ? "\n\n"u8 : "\n"u8);
        await writer.FlushAsync(until).ConfigureAwait(false);
    }

    private void Begin()
    {
        if (_begun) return;

        _begun = true;
        response.ContentType = format == StreamFormat.Events ? "text/event-stream" : "application/x-ndjson";
        response.Headers.CacheControl = "no-cache";
        response.Headers["X-Accel-Buffering"] = "no"; // or a proxy would keep pieces back
    }
}
