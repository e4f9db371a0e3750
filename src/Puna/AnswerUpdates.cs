using Microsoft.Extensions.AI;
using Puna.Chat.Tools;
using Puna.Engine;
using Puna.Prompting;
using FinishReason = Puna.Engine.FinishReason;

namespace Puna;

/// <summary>
/// Turns the steps of one answer into updates: one per piece of text or calls, and a last one with reason and counts.
/// </summary>
internal sealed class AnswerUpdates(string modelName, int promptTokens, bool withLogprobs, ChatTools? tools)
{
    private readonly string _id = Guid.NewGuid().ToString("N");
    private readonly DateTimeOffset _createdAt = DateTimeOffset.UtcNow;
    private readonly ToolCallReader? _calls = tools is null ? null : new ToolCallReader(tools.Definitions.Select(d => d.Name), tools.Accepts);
    private List<GenerationStep> _steps = []; // since the last update, where log-probabilities are asked for
    private bool _begun;
    private bool _hasCalled;

    /// <summary>Takes a step; the update that it brings, or null.</summary>
    internal ChatResponseUpdate? Take(in GenerationStep step)
    {
        if (withLogprobs && step.Id != GenerationStep.NoToken) _steps.Add(step);
        if (_calls is not null) return Update(_calls.Append(step.Text));
        return step.Text.Length > 0 ? Update([new TextContent(step.Text)]) : null;
    }

    /// <summary>What was held back while it might have become a call, or null.</summary>
    internal ChatResponseUpdate? Rest() => _calls is null ? null : Update(_calls.End());

    /// <summary>The end of the answer.</summary>
    internal ChatResponseUpdate Last(Generation generation)
    {
        ChatResponseUpdate update = Update([new UsageContent(new UsageDetails
        {
            InputTokenCount = generation.PromptTokens,
            CachedInputTokenCount = generation.CachedTokens,
            OutputTokenCount = generation.CompletionTokens,
            TotalTokenCount = generation.PromptTokens + generation.CompletionTokens,
            AdditionalCounts = new() { [ResponseProperties.AcceptedDraftTokens] = generation.AcceptedDraftTokens, [ResponseProperties.RejectedDraftTokens] = generation.RejectedDraftTokens },
        })]);
        update.FinishReason = generation.FinishReason != FinishReason.Stop ? ChatFinishReason.Length : _hasCalled ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop;
        AdditionalPropertiesDictionary properties = update.AdditionalProperties ??= [];
        properties[ResponseProperties.Seed] = generation.Seed;
        properties[ResponseProperties.PromptTime] = generation.PromptTime;
        properties[ResponseProperties.DecodeTime] = generation.DecodeTime;
        if (generation.StopString is { } stop) properties[ResponseProperties.StopSequence] = stop;
        return update;
    }

    private ChatResponseUpdate? Update(IReadOnlyList<ToolCallPiece> pieces)
    {
        List<AIContent> contents = [];
        foreach (ToolCallPiece piece in pieces)
        {
            if (piece.Call is not { } call) contents.Add(new TextContent(piece.Text));
            else if (!_hasCalled || tools!.AllowsSeveral) contents.Add(ToolValues.ToContent(call));
            _hasCalled |= piece.Call is not null;
        }

        return contents.Count > 0 ? Update(contents) : null;
    }

    private ChatResponseUpdate Update(List<AIContent> contents)
    {
        ChatResponseUpdate update = new(_begun ? null : ChatRole.Assistant, contents)
        {
            ResponseId = _id,
            MessageId = _id,
            CreatedAt = _createdAt,
            ModelId = modelName,
        };
        if (!_begun) update.AdditionalProperties = new AdditionalPropertiesDictionary { [ResponseProperties.PromptTokens] = promptTokens };
        _begun = true;
        if (_steps.Count > 0)
        {
            (update.AdditionalProperties ??= [])[ResponseProperties.Logprobs] = _steps;
            _steps = [];
        }

        return update;
    }
}
