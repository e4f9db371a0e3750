using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Puna.Engine;
using Puna.Server.Requests;
using Puna.Server.Serving;

namespace Puna.Server.Telemetry;

/// <summary>Follows one operation from request to answer: its span, its measurements, and what its key is charged.</summary>
internal sealed class OperationRecord : IDisposable
{
    private readonly ApiCall _call;
    private readonly ServerMetrics _metrics;
    private readonly Activity? _activity;
    private readonly TagList _tags;
    private readonly long _begunAt;
    private readonly List<AnswerEnd> _ends = [];
    private readonly int _choicesPerPrompt;
    private readonly Func<int> _promptTokens;
    private readonly long[] _openPieces; // by choice, while it has not ended: about a token each
    private TokenCounts _counts;
    private bool _wasLeft = true; // the client or the time ended it, and not an error
    private bool _hasFirst;
    private string? _error = "cancelled"; // unless it completes or fails otherwise

    private OperationRecord(ApiCall call, LoadedModel served, string operation, int choices, int choicesPerPrompt, Func<int> promptTokens)
    {
        _call = call;
        _metrics = call.Http.RequestServices.GetRequiredService<ServerMetrics>();
        (_choicesPerPrompt, _promptTokens, _openPieces) = (choicesPerPrompt, promptTokens, new long[choices]);
        _begunAt = Stopwatch.GetTimestamp();
        _tags = new TagList { { GenAI.OperationName, operation }, { GenAI.ProviderName, GenAI.Provider }, { GenAI.RequestModel, served.Id } };
        _activity = ServerMetrics.Activities.StartActivity($"{operation} {served.Id}", ActivityKind.Server);
    }

    /// <param name="call">The request.</param>
    /// <param name="served">Its model.</param>
    /// <param name="operation">What it asks for.</param>
    /// <param name="generation">How tokens are chosen.</param>
    /// <param name="choices">Answers, of all prompts.</param>
    /// <param name="choicesPerPrompt">Answers to one prompt.</param>
    /// <param name="promptTokens">Tokens of its prompts, asked for only where no answer told them.</param>
    internal static OperationRecord Begin(ApiCall call, LoadedModel served, string operation, GenerationRequest generation, int choices, int choicesPerPrompt, Func<int> promptTokens)
    {
        OperationRecord record = new(call, served, operation, choices, choicesPerPrompt, promptTokens);
        if (record._activity is not { } activity) return record;

        foreach ((string name, object? value) in record._tags) activity.SetTag(name, value);
        activity.SetTag(GenAI.ResponseModel, served.Id);
        activity.SetTag(GenAI.RequestMaxTokens, generation.MaxTokens);
        activity.SetTag(GenAI.RequestTemperature, generation.Sampling.Temperature);
        activity.SetTag(GenAI.RequestTopP, generation.Sampling.TopP);
        if (generation.Sampling.TopK > 0) activity.SetTag(GenAI.RequestTopK, generation.Sampling.TopK);
        if (generation.Sampling.Seed is { } seed) activity.SetTag(GenAI.RequestSeed, unchecked((long)seed));
        if (generation.Sampling.FrequencyPenalty != 0) activity.SetTag(GenAI.RequestFrequencyPenalty, generation.Sampling.FrequencyPenalty);
        if (generation.Sampling.PresencePenalty != 0) activity.SetTag(GenAI.RequestPresencePenalty, generation.Sampling.PresencePenalty);
        if (choices > 1) activity.SetTag(GenAI.RequestChoiceCount, choices);
        if (call.Caller is { } caller) activity.SetTag(GenAI.CallerName, caller.Name);
        return record;
    }

    internal void Take(AnswerPiece piece)
    {
        if (!_hasFirst && piece.End is null)
        {
            _hasFirst = true;
            _metrics.TimeToFirstToken.Record(Stopwatch.GetElapsedTime(_begunAt).TotalSeconds, _tags);
        }

        if (piece.End is not { } end)
        {
            _openPieces[piece.Choice]++;
            return;
        }

        _ends.Add(end);
        _openPieces[piece.Choice] = 0;
        _counts = _counts.With(end, countsPrompt: piece.Choice % _choicesPerPrompt == 0);
        if (end.CompletionTokens > 1) _metrics.TimePerOutputToken.Record(end.DecodeTime.TotalSeconds / (end.CompletionTokens - 1), _tags);
    }

    internal void Fail(Exception error)
    {
        _error = ErrorMapping.Of(error, FieldNames.Chat)?.Code ?? (error is OperationCanceledException ? "cancelled" : error.GetType().Name);
        _wasLeft = error is OperationCanceledException;
    }

    internal void Complete() => _error = null;

    /// <summary>All is done, and there are no answers that told the tokens of the prompts.</summary>
    internal void Complete(int promptTokens)
    {
        _error = null;
        _counts = _counts with { Prompt = promptTokens };
    }

    public void Dispose()
    {
        TagList tags = _tags;
        if (_error is not null) tags.Add(GenAI.ErrorType, _error);
        _metrics.RequestDuration.Record(Stopwatch.GetElapsedTime(_begunAt).TotalSeconds, tags);
        if (_error is not null)
        {
            // Who leaves early has had the prompt computed, or has kept the line busy with it.
            int prompt = _wasLeft && _counts.Prompt == 0 ? _promptTokens() : _counts.Prompt;
            _counts = _counts with { Prompt = prompt, Completion = _counts.Completion + (int)_openPieces.Sum() };
        }

        Count("input", _counts.Prompt);
        Count("cached", _counts.Cached);
        Count("output", _counts.Completion);
        Count("drafted", _counts.AcceptedDraft + _counts.RejectedDraft);
        Count("accepted", _counts.AcceptedDraft);
        _call.Caller?.Charge(_counts.Total);
        if (_activity is null) return;

        _activity.SetTag(GenAI.UsageInputTokens, _counts.Prompt);
        _activity.SetTag(GenAI.UsageOutputTokens, _counts.Completion);
        if (_counts.Cached > 0) _activity.SetTag(GenAI.UsageCacheReadInputTokens, _counts.Cached);
        _activity.SetTag(GenAI.ResponseFinishReasons, _ends.Select(e => e.Reason.Value).ToArray());
        if (_error is not null) _activity.SetTag(GenAI.ErrorType, _error).SetStatus(ActivityStatusCode.Error);
        _activity.Dispose();
    }

    private void Count(string type, long tokens)
    {
        TagList tags = _tags;
        tags.Add(GenAI.TokenType, type);
        if (tokens > 0) _metrics.Tokens.Add(tokens, tags);
    }
}
