using Microsoft.Extensions.AI;
using Puna.Engine;

namespace Puna.Server.Serving;

/// <summary>Turns the updates of a chat client, with whatever middleware is around it, into pieces of an answer.</summary>
internal sealed class UpdateReader(int choice)
{
    private UsageDetails _usage = new();
    private ChatFinishReason? _reason;
    private string? _stopSequence;
    private ulong? _seed;
    private TimeSpan _promptTime;
    private TimeSpan _decodeTime;

    /// <summary>The piece that an update brings, or null.</summary>
    internal AnswerPiece? Take(ChatResponseUpdate update)
    {
        string text = "";
        List<FunctionCallContent>? calls = null;
        foreach (AIContent content in update.Contents)
        {
            if (content is TextContent words) text += words.Text;
            else if (content is FunctionCallContent call) (calls ??= []).Add(call);
            else if (content is UsageContent usage) _usage = usage.Details;
        }

        if (update.FinishReason is { } reason) _reason = reason;
        IReadOnlyList<GenerationStep> steps = ReadProperties(update.AdditionalProperties);
        return text.Length == 0 && calls is null && steps.Count == 0 ? null : new AnswerPiece(choice, text, calls ?? [], steps, null);
    }

    /// <summary>The last piece, after all updates.</summary>
    internal AnswerPiece End() => new(choice, "", [], [], new AnswerEnd(
        _reason ?? ChatFinishReason.Stop,
        (int)(_usage.InputTokenCount ?? 0), (int)(_usage.CachedInputTokenCount ?? 0), (int)(_usage.OutputTokenCount ?? 0),
        _stopSequence, _seed, _promptTime, _decodeTime)
    {
        AcceptedDraftTokens = Count(ResponseProperties.AcceptedDraftTokens),
        RejectedDraftTokens = Count(ResponseProperties.RejectedDraftTokens),
    });

    private int Count(string name) => _usage.AdditionalCounts?.TryGetValue(name, out long count) == true ? (int)count : 0;

    private IReadOnlyList<GenerationStep> ReadProperties(AdditionalPropertiesDictionary? properties)
    {
        if (properties is null) return [];

        if (properties.TryGetValue(ResponseProperties.StopSequence, out string? stop)) _stopSequence = stop;
        if (properties.TryGetValue(ResponseProperties.Seed, out ulong seed)) _seed = seed;
        if (properties.TryGetValue(ResponseProperties.PromptTime, out TimeSpan promptTime)) _promptTime = promptTime;
        if (properties.TryGetValue(ResponseProperties.DecodeTime, out TimeSpan decodeTime)) _decodeTime = decodeTime;
        return properties.TryGetValue(ResponseProperties.Logprobs, out IReadOnlyList<GenerationStep>? steps) ? steps ?? [] : [];
    }
}
