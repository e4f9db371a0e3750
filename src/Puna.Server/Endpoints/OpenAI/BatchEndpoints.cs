using Microsoft.Extensions.DependencyInjection;
using Puna.Server.Batches;
using Puna.Server.Requests;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server.Endpoints.OpenAI;

/// <summary><c>/v1/batches</c>: many requests in a file, answered when there is time.</summary>
internal static class BatchEndpoints
{
    private const string Window = "24h";
    private const int UsualPage = 20;
    private const int MaxPage = 100;

    /// <summary>Known fields that are ignored or refused.</summary>
    internal static OtherFields Others { get; } = new(OtherField.Refused("output_expires_after", "files are kept until they are deleted. Leave it out."));

    internal static async Task CreateAsync(ApiCall call)
    {
        BatchDatabase database = FileEndpoints.Database(call);
        BatchRequest fields = await call.ReadAsync(OpenAIJson.Wire.BatchRequest).ConfigureAwait(false);
        Others.Check(fields.Others);
        string endpoint = JsonBody.Needed(fields.Endpoint, "endpoint"), input = JsonBody.Needed(fields.InputFileId, "input_file_id");
        if (!BatchWorker.Endpoints.ContainsKey(endpoint)) throw ApiException.Invalid("endpoint", $"endpoint is '{endpoint}'; allowed: {string.Join(", ", BatchWorker.Endpoints.Keys)}.");
        if (fields.CompletionWindow != Window) throw ApiException.Invalid("completion_window", $"completion_window is '{fields.CompletionWindow}'; allowed: {Window}.");

        MetadataCheck.Check(fields.Metadata);
        FileEndpoints.CheckRoom(call, database, 0);
        if (database.OpenBatches(call.Caller?.Id) >= database.Limits.OpenBatches)
            throw new ApiException(new ApiError(409, "too_many_batches", $"{database.Limits.OpenBatches} of your batches are not at their end, the most that this server takes of a client. Wait for one to end, or cancel one."));

        byte[] content = database.Content(input, call.Caller?.Id) ?? throw FileEndpoints.Missing(input, "input_file_id");
        DateTimeOffset now = call.Clock.GetUtcNow();
        string id = Identifiers.New("batch_");
        (IReadOnlyList<BatchItem> items, IReadOnlyList<BatchError> errors) = BatchInput.Read(id, content, endpoint);
        bool isGood = errors.Count == 0;
        Batch batch = new()
        {
            Id = id,
            Endpoint = endpoint,
            InputFileId = input,
            CompletionWindow = Window,
            Status = isGood ? "in_progress" : "failed",
            Errors = isGood ? null : new BatchErrors("list", errors),
            CreatedAt = now.ToUnixTimeSeconds(),
            InProgressAt = isGood ? now.ToUnixTimeSeconds() : null,
            FailedAt = isGood ? null : now.ToUnixTimeSeconds(),
            ExpiresAt = now.AddHours(24).ToUnixTimeSeconds(),
            RequestCounts = new BatchCounts(items.Count, 0, 0),
            Metadata = fields.Metadata,
        };
        database.AddBatch(batch, call.Caller?.Id, items);
        call.Http.RequestServices.GetRequiredService<BatchWorker>().Wake();
        await call.WriteAsync(batch, OpenAIJson.Wire.Batch).ConfigureAwait(false);
    }

    internal static Task GetAsync(ApiCall call) => call.WriteAsync(Find(call), OpenAIJson.Wire.Batch);

    internal static Task ListAsync(ApiCall call)
    {
        (int limit, string? after) = FileEndpoints.Page(call.Http.Request.Query, UsualPage, MaxPage);
        Batch[] batches = [.. FileEndpoints.Database(call).Batches(call.Caller?.Id, limit + 1, after)];
        bool hasMore = batches.Length > limit;
        if (hasMore) batches = batches[..limit];
        return call.WriteAsync(new BatchList("list", batches, batches.FirstOrDefault()?.Id, batches.LastOrDefault()?.Id, hasMore), OpenAIJson.Wire.BatchList);
    }

    /// <summary>Ends a batch at once; answers that are there become its files. One that has ended stays as it is.</summary>
    internal static Task CancelAsync(ApiCall call)
    {
        Batch batch = Find(call);
        FileEndpoints.Database(call).End(
            batch.Id, b => b with { Status = "cancelled", CancellingAt = b.FinalizingAt, CancelledAt = b.FinalizingAt, FinalizingAt = null },
            call.Clock.GetUtcNow().ToUnixTimeSeconds(), new BatchLineError("batch_cancelled", "The batch was cancelled before the request was answered."));
        call.Http.RequestServices.GetRequiredService<BatchWorker>().Stop(batch.Id);
        return GetAsync(call);
    }

    private static Batch Find(ApiCall call)
    {
        string id = FileEndpoints.Id(call);
        return FileEndpoints.Database(call).FindBatch(id, call.Caller?.Id) ?? throw new ApiException(new ApiError(404, "batch_not_found", $"There is no batch '{id}'."));
    }
}
