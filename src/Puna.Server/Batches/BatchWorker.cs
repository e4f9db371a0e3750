using System.Collections.Concurrent;
using System.Text.Json;
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
    private static readonly TimeSpan HoldBack = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _wake = new(0);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _heldUntil = []; // by key that has no tokens left
    private readonly Lock _lock = new();
    private (string Batch, CancellationTokenSource Ends)? _current;

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

    /// <summary>Stops what is computed for a batch that has ended.</summary>
    internal void Stop(string batch)
    {
        lock (_lock)
        {
            if (_current is { } current && current.Batch == batch) _ = current.Ends.CancelAsync();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                IReadOnlyList<(Batch Batch, string? Owner)> open = database.Open();
                int next = open.ToList().FindIndex(b => IsOver(b.Batch) || !IsHeld(b.Owner));
                if (next >= 0) await AnswerAsync(open[next].Batch, open[next].Owner, stoppingToken).ConfigureAwait(false);
                else await _wake.WaitAsync(open.Count == 0 ? Timeout.InfiniteTimeSpan : Pause, stoppingToken).ConfigureAwait(false);
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

    /// <summary>Answers a batch to its end (the last request's answer, its cancellation or its expiry), or until its key has no tokens left.</summary>
    private async Task AnswerAsync(Batch batch, string? owner, CancellationToken stopping)
    {
        if (!IsOver(batch))
        {
            TimeSpan left = DateTimeOffset.FromUnixTimeSeconds(batch.ExpiresAt) - clock.GetUtcNow();
            using CancellationTokenSource ends = new(left > TimeSpan.Zero ? left : TimeSpan.Zero, clock); // its time may end between two looks at the clock
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(stopping, ends.Token);
            lock (_lock) _current = (batch.Id, ends);
            try
            {
                await AnswerAllAsync(batch, owner, either.Token).ConfigureAwait(false);
                return;
            }
            catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
            {
                if (!IsOver(batch)) return; // it was cancelled, and has ended
            }
            finally
            {
                lock (_lock) _current = null;
            }
        }

        database.End(batch.Id, b => b with { Status = "expired", ExpiredAt = b.FinalizingAt }, Now(), new BatchLineError("batch_expired", "The batch's time was over before the request was answered."));
    }

    private async Task AnswerAllAsync(Batch batch, string? owner, CancellationToken cancellation)
    {
        using BatchShare share = new(Math.Max(1, models.Default.MaxSequences / 2));
        while (!IsHeld(owner))
        {
            cancellation.ThrowIfCancellationRequested();
            IReadOnlyList<BatchItem> next = database.Unanswered(batch.Id, share.Places * 4);
            if (next.Count == 0)
            {
                database.End(batch.Id, b => b with { Status = "completed", CompletedAt = b.FinalizingAt }, Now(), new BatchLineError("unanswered", "The request was not answered."));
                return;
            }

            await Parallel.ForEachAsync(next, new ParallelOptions { MaxDegreeOfParallelism = share.Places, CancellationToken = cancellation }, async (item, cancelled) =>
                await AnswerAsync(item, batch.Endpoint, owner, share, cancelled).ConfigureAwait(false)).ConfigureAwait(false);
        }
    }

    /// <summary>Answers a request, unless its key has no tokens left: then it stays unanswered, and other keys' batches go on.</summary>
    private async Task AnswerAsync(BatchItem item, string endpoint, string? owner, BatchShare share, CancellationToken cancellation)
    {
        for (int attempt = 1; !IsHeld(owner); attempt++)
        {
            (int status, byte[] reply) = await SendAsync(item, endpoint, owner, share, cancellation).ConfigureAwait(false);
            cancellation.ThrowIfCancellationRequested(); // what it says may be of the stopping alone
            if (status == StatusCodes.Status429TooManyRequests && owner is not null)
            {
                _heldUntil[owner] = clock.GetUtcNow() + HoldBack;
                return;
            }

            if (status != StatusCodes.Status503ServiceUnavailable || (attempt >= MaxAttempts && !IsFullLine(reply)))
            {
                database.Answer(item, status, reply);
                return;
            }

            await Task.Delay(Pause, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>The line of requests was full: nothing is wrong with the request, which waits as long as its batch may.</summary>
    private static bool IsFullLine(byte[] reply) => JsonElement.Parse(reply).GetProperty("error").GetProperty("code").ValueEquals("queue_full");

    private bool IsOver(Batch batch) => Now() >= batch.ExpiresAt;

    private bool IsHeld(string? owner) => owner is not null && _heldUntil.TryGetValue(owner, out DateTimeOffset until) && clock.GetUtcNow() < until;

    /// <summary>Hands a request to its endpoint as if it had come over the network.</summary>
    private async Task<(int Status, byte[] Reply)> SendAsync(BatchItem item, string endpoint, string? owner, BatchShare share, CancellationToken cancellation)
    {
        await using AsyncServiceScope scope = scopes.CreateAsyncScope();
        using MemoryStream reply = new();
        DefaultHttpContext http = new() { RequestServices = scope.ServiceProvider, RequestAborted = cancellation };
        http.Request.Method = HttpMethods.Post;
        http.Request.Path = endpoint;
        http.Request.Body = new MemoryStream(item.Body, writable: false);
        http.Request.ContentLength = item.Body.Length;
        http.Features.Set(share);
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
