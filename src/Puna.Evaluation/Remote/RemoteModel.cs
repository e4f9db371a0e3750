using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Puna.Evaluation.Models;

namespace Puna.Evaluation.Remote;

/// <summary>
/// A model behind an OpenAI-compatible or Anthropic endpoint. Faults (429, 5xx, time-outs, cut or malformed answers) are tried again; what
/// stays without an answer is an error of its question alone, until too many are: then nothing more is asked.
/// </summary>
public sealed class RemoteModel : IModelUnderTest, IDisposable
{
    private const int MaxAnswerBytes = 64 << 20, Recent = 200;
    private const double MostRecentErrors = 0.05;
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromMinutes(1), LongestRetryAfter = TimeSpan.FromMinutes(10);

    private readonly RemoteOptions _options;
    private readonly IRemoteWire _wire;
    private readonly HttpClient _http;

    /// <param name="options">The endpoint.</param>
    /// <param name="handler">Makes the connections; null for the ordinary ones. Disposed with the model.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    /// <exception cref="ArgumentException">The address carries more than scheme, host, port and path.</exception>
    public RemoteModel(RemoteOptions options, HttpMessageHandler? handler = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Concurrency, 1, nameof(options.Concurrency));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Attempts, 1, nameof(options.Attempts));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.Timeout, TimeSpan.Zero, nameof(options.Timeout));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BackOff, TimeSpan.Zero, nameof(options.BackOff));
        ArgumentOutOfRangeException.ThrowIfNegative(options.PricePerMillionIn, nameof(options.PricePerMillionIn));
        ArgumentOutOfRangeException.ThrowIfNegative(options.PricePerMillionOut, nameof(options.PricePerMillionOut));
        if (options.BaseUrl is { UserInfo.Length: > 0 } or { Query.Length: > 0 } or { Fragment.Length: > 0 })
            throw new ArgumentException($"The endpoint's address has a name, a password, a query or a fragment, which would be stored with the results. Give scheme, host and path ({options.BaseUrl.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped)}) and the key by itself.", nameof(options));
        _options = options;
        _wire = options.Api switch
        {
            RemoteApi.OpenAIChat => new OpenAIChatWire(options),
            RemoteApi.OpenAICompletions => new OpenAICompletionsWire(options),
            RemoteApi.Anthropic => new AnthropicWire(options),
            _ => throw new ArgumentOutOfRangeException(nameof(options), options.Api, "The interface is unknown."),
        };
        _http = new HttpClient(handler ?? new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { Timeout = System.Threading.Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = MaxAnswerBytes };
    }

    /// <inheritdoc/>
    public string Name => _options.Model;

    /// <inheritdoc/>
    public bool CanScore => _wire.CanScore;

    /// <inheritdoc/>
    public bool CanPrefill => _wire.CanPrefill;

    /// <inheritdoc/>
    public string? ScoreNote => _wire.ScoreNote;

    /// <summary>What was asked so far.</summary>
    public RemoteUsage Usage { get; } = new();

    /// <inheritdoc/>
    public JsonObject Describe() => new()
    {
        ["name"] = _options.Model,
        ["variant"] = ModelDescription.NameOf(_options.Variant),
        ["endpoint"] = _options.BaseUrl.GetLeftPart(UriPartial.Path),
        ["api"] = _options.Api.ToString(),
        ["capabilities"] = new JsonObject { ["scores"] = CanScore, ["prefill"] = CanPrefill },
        ["scores_by"] = _wire.ScoreNote,
    };

    /// <inheritdoc/>
    public async IAsyncEnumerable<(int Index, ModelAnswer Answer)> AnswerAsync(IReadOnlyList<ModelRequest> requests, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Channel<(int Index, ModelAnswer Answer)> answers = Channel.CreateUnbounded<(int, ModelAnswer)>();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task asking = AskAll();
        Queue<bool> recent = new();
        try
        {
            await foreach ((int index, ModelAnswer answer) in answers.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return (index, answer);
                recent.Enqueue(answer.Failed);
                if (recent.Count > Recent) recent.Dequeue();
                if (recent.Count == Recent && recent.Count(failed => failed) > MostRecentErrors * Recent)
                    throw new EvaluationException($"{_options.BaseUrl}: of the last {Recent} questions {recent.Count(failed => failed)} had no answer after {_options.Attempts} tries each ({answer.Error ?? "see the answers"}). Nothing more is asked. Run again with the same --out when the endpoint works.");
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await asking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await asking.ConfigureAwait(false);

        async Task AskAll()
        {
            Exception? failure = null;
            try
            {
                ParallelOptions parallel = new() { MaxDegreeOfParallelism = _options.Concurrency, CancellationToken = stop.Token };
                await Parallel.ForEachAsync(Enumerable.Range(0, requests.Count), parallel, async (index, token) => answers.Writer.TryWrite((index, await AskAsync(requests[index], token).ConfigureAwait(false)))).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                failure = error;
            }

            answers.Writer.Complete(failure);
        }
    }

    /// <summary>Ends all connections.</summary>
    public void Dispose() => _http.Dispose();

    private async Task<ModelAnswer> AskAsync(ModelRequest request, CancellationToken cancellationToken)
    {
        List<ModelAnswer> parts = [];
        foreach (JsonObject body in _wire.Bodies(request))
        {
            ModelAnswer part = await SendAsync(request, body, parts.Count, cancellationToken).ConfigureAwait(false);
            if (part.Failed) return part;
            parts.Add(part);
        }

        return _wire.Join(parts);
    }

    private async Task<ModelAnswer> SendAsync(ModelRequest request, JsonObject body, int part, CancellationToken cancellationToken)
    {
        byte[] content = Encoding.UTF8.GetBytes(body.ToJsonString());
        string problem = "";
        for (int attempt = 1; attempt <= _options.Attempts; attempt++)
        {
            Usage.Sent(again: attempt > 1);
            TimeSpan? retryAfter = null;
            try
            {
                using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                limit.CancelAfter(_options.Timeout);
                using HttpRequestMessage message = new(HttpMethod.Post, new Uri($"{_options.BaseUrl.AbsoluteUri.TrimEnd('/')}/{_wire.Path}")) { Content = new ByteArrayContent(content) };
                message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                _wire.Authorize(message.Headers);
                using HttpResponseMessage response = await _http.SendAsync(message, HttpCompletionOption.ResponseContentRead, limit.Token).ConfigureAwait(false);
                string text = await response.Content.ReadAsStringAsync(limit.Token).ConfigureAwait(false);
                if (response.IsSuccessStatusCode)
                {
                    ModelAnswer answer = _wire.Read(request, part, (JsonObject)JsonNode.Parse(text)!, out string? model);
                    Usage.Answered(answer.PromptTokens, answer.CompletionTokens, model);
                    return answer;
                }

                int status = (int)response.StatusCode;
                Usage.Failed($"{status}");
                problem = $"status {status}: {Shorten(text)}";
                if (status is not (408 or 429) and < 500) break; // asking again would not help
                retryAfter = RetryAfter(response.Headers.RetryAfter);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                Usage.Failed("timeout");
                problem = $"no answer in {_options.Timeout.TotalSeconds} s";
            }
            catch (HttpRequestException error)
            {
                Usage.Failed("connection");
                problem = error.Message;
            }
            catch (Exception error) when (error is JsonException or InvalidCastException or NullReferenceException or InvalidOperationException or FormatException or OverflowException or ArgumentException or MalformedAnswerException) // ArgumentException: no element where one must be, a property that is there twice
            {
                Usage.Failed("malformed");
                problem = $"the answer is not what {_options.Api} promises: {Shorten(error.Message)}";
            }

            if (attempt < _options.Attempts) await Task.Delay(retryAfter ?? BackOff(attempt), cancellationToken).ConfigureAwait(false);
        }

        return new ModelAnswer { Error = problem, FinishReason = "error" };
    }

    private TimeSpan BackOff(int attempt)
    {
        double wait = Math.Min(_options.BackOff.TotalSeconds * Math.Pow(2, attempt - 1), LongestBackOff.TotalSeconds);
        return TimeSpan.FromSeconds(wait * (0.5 + (Random.Shared.NextDouble() / 2)));
    }

    private static TimeSpan? RetryAfter(RetryConditionHeaderValue? header)
    {
        TimeSpan? wait = header?.Delta ?? (header?.Date is { } date ? date - DateTimeOffset.UtcNow : null);
        return wait is not { } given ? null : given < TimeSpan.Zero ? TimeSpan.Zero : given < LongestRetryAfter ? given : LongestRetryAfter;
    }

    private static string Shorten(string text) => text.ReplaceLineEndings(" ") is var line && line.Length > 200 ? line[..200] + "…" : line;
}
