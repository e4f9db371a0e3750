using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Puna.Server.Access;
using Puna.Server.Batches;
using Puna.Server.Serving;

namespace Puna.Server.Requests;

/// <summary>One request in hand: what an endpoint reads from and answers to.</summary>
internal sealed class ApiCall(HttpContext http, IErrorShape errors, Caller? caller, CancellationToken cancelled) : IDisposable
{
    private readonly PunaModels _models = http.RequestServices.GetRequiredService<PunaModels>();
    private ModelUse? _use;
    private ReplyStream? _stream;

    internal HttpContext Http { get; } = http;

    internal PunaServerOptions Options { get; } = http.RequestServices.GetRequiredService<IOptions<PunaServerOptions>>().Value;

    /// <summary>Whose key the request came with; null where no keys are asked for.</summary>
    internal Caller? Caller { get; } = caller;

    /// <summary>Cancelled when the client leaves, the time is up, or the server gives up waiting for requests to end.</summary>
    internal CancellationToken Cancelled { get; } = cancelled;

    /// <summary>What batches share, where the request is of one; null where it came over the network.</summary>
    internal BatchShare? Batch => Http.Features.Get<BatchShare>();

    internal PunaModels Models => _models;

    /// <summary>What the endpoint calls its fields, for errors about them.</summary>
    internal FieldNames Names { get; set; } = FieldNames.Chat;

    internal TimeProvider Clock { get; } = http.RequestServices.GetRequiredService<TimeProvider>();

    internal Task<T> ReadAsync<T>(JsonTypeInfo<T> type) => JsonBody.ReadAsync(Http.Request, type, Options.MaxBodyBytes, Cancelled);

    /// <summary>Time that the request's model took to come, waiting for its turn and for room included.</summary>
    internal TimeSpan LoadTime { get; private set; }

    /// <summary>Gives the model back.</summary>
    public void Dispose() => _use?.Dispose();

    /// <summary>The model that a request names, or the default where it names none; it stays loaded until the request ends.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="keep">How long it is to stay loaded afterwards, where the request says so.</param>
    internal async Task<LoadedModel> ModelAsync(string? name, TimeSpan? keep = null)
    {
        ServedModel served = Served(name);
        long begun = Stopwatch.GetTimestamp();
        bool comes = !served.IsLoaded;
        _use = await _models.UseAsync(served, Cancelled).ConfigureAwait(false);
        if (comes) LoadTime = Stopwatch.GetElapsedTime(begun);
        if (keep is { } time) _models.Keep(served, time);
        return _use.Model;
    }

    /// <summary>The model that a request names, loaded or not, or the default where it names none.</summary>
    internal ServedModel Served(string? name)
    {
        if (string.IsNullOrEmpty(name)) return _models.Default;
        return _models.Find(name) ?? throw new ApiException(new ApiError(404, "model_not_found",
            $"There is no model '{name}' here. Served: {string.Join(", ", _models.All.Select(m => m.Id))}.", "model"));
    }

    /// <summary>Answers with a JSON object.</summary>
    internal Task WriteAsync<T>(T value, JsonTypeInfo<T> type) => WriteJsonAsync(JsonSerializer.SerializeToUtf8Bytes(value, type));

    /// <summary>Answers with JSON that is written already.</summary>
    internal Task WriteJsonAsync(byte[] json) => WriteAsync(Http.Response, 200, json, Cancelled);

    /// <summary>Begins an answer of server-sent events.</summary>
    internal ReplyStream BeginEvents() => _stream = new ReplyStream(Http.Response, StreamFormat.Events, Cancelled);

    /// <summary>Begins an answer of JSON lines.</summary>
    internal ReplyStream BeginLines() => _stream = new ReplyStream(Http.Response, StreamFormat.Lines, Cancelled);

    /// <summary>Answers with an error; inside a stream that has begun, as its last piece.</summary>
    internal async Task WriteErrorAsync(ApiError error)
    {
        if (Http.Response.HasStarted)
        {
            // The client may be gone, or the time be up: the piece must not wait for either.
            if (_stream is not null) await _stream.WriteLastAsync(errors.LastPiece(error), errors.EventName).ConfigureAwait(false);
            return;
        }

        Http.Response.Clear();
        if (error.Status is StatusCodes.Status413PayloadTooLarge or StatusCodes.Status408RequestTimeout && HttpProtocol.IsHttp11(Http.Request.Protocol))
            Http.Response.Headers.Connection = "close"; // its body goes unread, which ends the connection; a client that is not told loses its next request

        if (error.RetryAfter is { } wait) Http.Response.Headers.RetryAfter = ((long)Math.Ceiling(Math.Max(1, wait.TotalSeconds))).ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (error.Status == 401) Http.Response.Headers.WWWAuthenticate = "Bearer";
        await WriteAsync(Http.Response, error.Status, errors.Body(error), Http.RequestAborted).ConfigureAwait(false);
    }

    private static Task WriteAsync(HttpResponse response, int status, byte[] json, CancellationToken cancellation)
    {
        response.StatusCode = status;
        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = json.Length;
        return response.Body.WriteAsync(json, cancellation).AsTask();
    }
}
