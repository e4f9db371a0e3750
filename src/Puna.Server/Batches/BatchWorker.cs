using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Puna.Server.Access;
using Puna.Server.Endpoints.OpenAI;
using Puna.Server.Requests;
using Puna.Server.Serving;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server.Batches;

/// <summary>
/// Answers the requests of batches, oldest first, with at most half of what the model computes at once, through the
/// endpoints themselves. A request that the end of the server interrupts stays unanswered, and is answered after the next start.
/// </summary>
internal sealed partial class BatchWorker(BatchDatabase database, PunaModels models, IServiceScopeFactory scopes, TimeProvider clock, ILogger<BatchWorker> logger) : BackgroundService
{
    private const int MaxAttempts = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _wake = new(0);

    /// <summary>What batches may ask for.</summary>
    internal static IReadOnlyDictionary<string, Func<ApiCall, Task>> Endpoints { get; } = new Dictionary<string, Func<ApiCall, Task>>
    {
        ["/v1/chat/completions"] = ChatCompletions.HandleAsync,
        ["/v1/completions"] = Completions.HandleAsync,
        ["/v1/responses"] = Responses.HandleAsync,
        ["/v1/embeddings"] = EmbeddingEndpoint.HandleAsync,
    };

    /// <summary>Tells it of a new batch.</summary>
    internal void Wake() => _wake.Release();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                while (database.Open() is [var (batch, owner), ..]) await AnswerAsync(batch, owner, stoppingToken).ConfigureAwait(false);
                await _wake.WaitAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) // a full disk, say: batches wait, the rest of the server goes on
            {
                LogFailure(logger, error);
                await Task.Delay(Pause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Answers a batch to its end: the last request's answer, its cancellation or its expiry.</summary>
    private async Task AnswerAsync(Batch batch, string? owner, CancellationToken stopping)
    {
        int atOnce = Math.Max(1, models.Default.Model.Engine.Options.MaxSequences / 2);
        while (clock.GetUtcNow().ToUnixTimeSeconds() < batch.ExpiresAt)
        {
            IReadOnlyList<BatchItem> next = database.Unanswered(batch.Id, atOnce * 4);
            if (next.Count == 0)
            {
                database.End(batch.Id, b => b with { Status = "completed", CompletedAt = b.FinalizingAt }, Now(), new BatchLineError("unanswered", "The request was not answered."));
                return;
            }

            await Parallel.ForEachAsync(next, new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = stopping }, async (item, cancellation) =>
                await AnswerAsync(item, batch.Endpoint, owner, cancellation).ConfigureAwait(false)).ConfigureAwait(false);
        }

        database.End(batch.Id, b => b with { Status = "expired", ExpiredAt = b.FinalizingAt }, Now(), new BatchLineError("batch_expired", "The batch's time was over before the request was answered."));
    }

    private async Task AnswerAsync(BatchItem item, string endpoint, string? owner, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            (int status, byte[] reply) = await SendAsync(item, endpoint, owner, cancellation).ConfigureAwait(false);
            cancellation.ThrowIfCancellationRequested(); // what it says may be of the stopping alone
            if (status != StatusCodes.Status503ServiceUnavailable || attempt == MaxAttempts)
            {
                database.Answer(item, status, reply);
                return;
            }

            await Task.Delay(Pause, cancellation).ConfigureAwait(false); // the line is full
        }
    }

    /// <summary>Hands a request to its endpoint as if it had come over the network.</summary>
    private async Task<(int Status, byte[] Reply)> SendAsync(BatchItem item, string endpoint, string? owner, CancellationToken cancellation)
    {
        await using AsyncServiceScope scope = scopes.CreateAsyncScope();
        using MemoryStream reply = new();
        DefaultHttpContext http = new() { RequestServices = scope.ServiceProvider, RequestAborted = cancellation };
        http.Request.Method = HttpMethods.Post;
        http.Request.Path = endpoint;
        http.Request.Body = new MemoryStream(item.Body, writable: false);
        http.Request.ContentLength = item.Body.Length;
        http.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(reply));
        AccessControl? access = scope.ServiceProvider.GetService<AccessControl>();
        await ApiRoute.RunAsync(http, OpenAIErrors.Instance, () => owner is null || access is null ? null : access.Owner(owner), Endpoints[endpoint]).ConfigureAwait(false);
        await http.Response.CompleteAsync().ConfigureAwait(false);
        return (http.Response.StatusCode, reply.ToArray());
    }

    private long Now() => clock.GetUtcNow().ToUnixTimeSeconds();

    [LoggerMessage(Level = LogLevel.Error, Message = "Batches cannot go on")]
    private static partial void LogFailure(ILogger logger, Exception error);
}
