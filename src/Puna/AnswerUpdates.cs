using Microsoft.Extensions.AI;
using Puna.Engine;
using FinishReason = Puna.Engine.FinishReason;

namespace Puna;

/// <summary>Turns the steps of one answer into updates: one per piece of text, and a last one with reason and counts.</summary>
internal sealed class AnswerUpdates(string modelName, bool withLogprobs)
{
    private readonly string _id = Guid.NewGuid().ToString("N");
    private readonly DateTimeOffset _createdAt = DateTimeOffset.UtcNow;
    private List<GenerationStep> _steps = []; // since the last update, where log-probabilities are asked for
    private bool _begun;

    /// <summary>Takes a step; true when it brings text.</summary>
    internal bool Take(in GenerationStep step)
    {
        if (withLogprobs && step.Id != GenerationStep.NoToken) _steps.Add(step);
        return step.Text.Length > 0;
    }

    /// <summary>The next piece of text.</summary>
    internal ChatResponseUpdate Next(string text) => Update([new TextContent(text)]);

    /// <summary>The end of the answer.</summary>
    internal ChatResponseUpdate Last(Generation generation)
    {
        ChatResponseUpdate update = Update([new UsageContent(new UsageDetails
        {
            InputTokenCount = generation.PromptTokens,
            CachedInputTokenCount = generation.CachedTokens,
            OutputTokenCount = generation.CompletionTokens,
            TotalTokenCount = generation.PromptTokens + generation.CompletionTokens,
        })]);
        update.FinishReason = generation.FinishReason == FinishReason.Stop ? ChatFinishReason.Stop : ChatFinishReason.Length;
        AdditionalPropertiesDictionary properties = update.AdditionalProperties ??= [];
        properties[ResponseProperties.Seed] = generation.Seed;
        properties[ResponseProperties.PromptTime] = generation.PromptTime;
        properties[ResponseProperties.DecodeTime] = generation.DecodeTime;
        if (generation.StopString is { } stop) properties[ResponseProperties.StopSequence] = stop;
        return update;
    }

    private ChatResponseUpdate Update(IList<AIContent> contents)
    {
        ChatResponseUpdate update = new(_begun ? null : ChatRole.Assistant, contents)
        {
            ResponseId = _id,
            MessageId = _id,
            CreatedAt = _createdAt,
            ModelId = modelName,
        };
        _begun = true;
        if (_steps.Count > 0)
        {
            update.AdditionalProperties = new AdditionalPropertiesDictionary { [ResponseProperties.Logprobs] = _steps };
            _steps = [];
        }

        return update;
    }
}
