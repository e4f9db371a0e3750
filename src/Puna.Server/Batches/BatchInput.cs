using System.Text.Json;
using Puna.Server.Requests;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server.Batches;

/// <summary>Reads a batch's input file: a request per line.</summary>
internal static class BatchInput
{
    /// <summary>Most requests of a batch, as at OpenAI.</summary>
    internal const int MaxRequests = 50_000;

    private const int MaxErrors = 100;
    private const int MaxIdLength = 512;
    private const int MaxToldLength = 300; // of what is said of a line, which may repeat much of it

    /// <summary>All requests, or all that is wrong with the file.</summary>
    /// <param name="batch">Id of the batch.</param>
    /// <param name="content">The file.</param>
    /// <param name="endpoint">Endpoint that every line must name.</param>
    internal static (IReadOnlyList<BatchItem> Items, IReadOnlyList<BatchError> Errors) Read(string batch, ReadOnlyMemory<byte> content, string endpoint)
    {
        List<BatchItem> items = [];
        List<BatchError> errors = [];
        HashSet<string> ids = [];
        int number = 0;
        while (!content.IsEmpty && errors.Count < MaxErrors)
        {
            int end = content.Span.IndexOf((byte)'\n');
            ReadOnlyMemory<byte> line = end < 0 ? content : content[..end];
            content = end < 0 ? default : content[(end + 1)..];
            number++;
            if (line.Span.Trim(" \t\r"u8).IsEmpty) continue;
            if (items.Count == MaxRequests)
            {
                errors.Add(new BatchError("too_many_requests", number, $"A batch may have {MaxRequests} requests; the file has more. Send several batches.", null));
                break;
            }

            try
            {
                items.Add(Read(batch, number, line, endpoint, ids));
            }
            catch (ApiException error)
            {
                errors.Add(new BatchError(error.Error.Code, number, Told(error.Error.Message), error.Error.Parameter is { } parameter ? Told(parameter) : null));
            }
        }

        if (items.Count == 0 && errors.Count == 0) errors.Add(new BatchError("empty_file", null, "The file has no requests: a JSON object per line is needed.", null));
        return (errors.Count == 0 ? items : [], errors);
    }

    private static string Told(string text) => text.Length <= MaxToldLength ? text : $"{text[..(char.IsHighSurrogate(text[MaxToldLength - 1]) ? MaxToldLength - 1 : MaxToldLength)]}…";

    private static BatchItem Read(string batch, int number, ReadOnlyMemory<byte> json, string endpoint, HashSet<string> ids)
    {
        BatchLineIn line = JsonBody.Parse(json, OpenAIJson.Wire.BatchLineIn);
        OtherFields.None.Check(line.Others);
        if (line.CustomId is not { Length: > 0 and <= MaxIdLength } id) throw ApiException.Invalid("custom_id", $"custom_id has {line.CustomId?.Length ?? 0} characters; 1 to {MaxIdLength} are needed.");
        if (!ids.Add(id)) throw ApiException.Invalid("custom_id", $"custom_id '{id}' is that of an earlier line, too. Give each its own.", "duplicate_custom_id");
        if (line.Method != "POST") throw ApiException.Invalid("method", $"method is '{line.Method}'; allowed: POST.");
        if (line.Url != endpoint) throw ApiException.Invalid("url", $"url is '{line.Url}'; the batch is for {endpoint}.", "mismatched_endpoint");
        if (line.Body is not { ValueKind: JsonValueKind.Object } body) throw ApiException.Invalid("body", "body is missing, or no object.", "missing_field");
        if (body.TryGetProperty("stream", out JsonElement stream) && stream.ValueKind == JsonValueKind.True) throw ApiException.Invalid("body.stream", "body.stream is true; answers of a batch come whole. Leave it out.");
        return new BatchItem(batch, number, id, JsonSerializer.SerializeToUtf8Bytes(body, OpenAIJson.Wire.JsonElement));
    }
}
