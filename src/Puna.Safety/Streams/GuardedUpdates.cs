using Microsoft.Extensions.AI;
using Puna.Engine;
using Puna.Safety.Policy;

namespace Puna.Safety.Streams;

/// <summary>Takes the updates of an inner client apart for a gate, and makes updates of what the gate lets leave.</summary>
internal sealed class GuardedUpdates(SafetySession session)
{
    private readonly List<UsageContent> _usage = [];
    private readonly AdditionalPropertiesDictionary _properties = [];
    private readonly string _fallbackId = Guid.NewGuid().ToString("N");
    private ChatResponseUpdate? _latest;
    private ChatFinishReason? _reason;
    private bool _begun;

    /// <summary>Gives what an update brings to the gate.</summary>
    /// <exception cref="NotSupportedException">It brings what no guard can judge.</exception>
    internal async ValueTask<List<GatePiece>> TakeAsync(ChatResponseUpdate update, AnswerGate gate, CancellationToken cancellationToken)
    {
        _latest = update;
        _reason = update.FinishReason ?? _reason;
        object? rider = null;
        foreach ((string name, object? value) in update.AdditionalProperties ?? [])
        {
            if (name == ResponseProperties.Logprobs) rider = value; // the tokens' words leave with the words
            else _properties[name] = value;
        }

        List<GatePiece> pieces = [];
        foreach (AIContent content in update.Contents)
        {
            switch (content)
            {
                case TextContent text:
                    pieces.AddRange(await gate.AddTextAsync(text.Text, reasoning: false, rider, cancellationToken).ConfigureAwait(false));
                    rider = null;
                    break;
                case TextReasoningContent reasoning:
                    pieces.AddRange(await gate.AddTextAsync(reasoning.Text, reasoning: true, rider, cancellationToken).ConfigureAwait(false));
                    rider = null;
                    break;
                case FunctionCallContent call:
                    pieces.AddRange(await gate.AddCallAsync(call, cancellationToken).ConfigureAwait(false));
                    break;
                case UsageContent usage:
                    _usage.Add(usage);
                    break;
                default:
                    throw new NotSupportedException($"An answer has {content.GetType().Name}, which no guard can judge. Where functions are invoked, put the guard inside of that.");
            }

            if (gate.Refusal is not null) return pieces;
        }

        if (rider is not null) pieces.AddRange(await gate.AddTextAsync("", reasoning: false, rider, cancellationToken).ConfigureAwait(false));
        return pieces;
    }

    /// <summary>A piece that leaves.</summary>
    internal ChatResponseUpdate Next(GatePiece piece)
    {
        ChatResponseUpdate update = New();
        if (piece.Call is not null) update.Contents.Add(piece.Call);
        if (piece.Text.Length > 0) update.Contents.Add(piece.IsReasoning ? new TextReasoningContent(piece.Text) : new TextContent(piece.Text));
        if (piece.Rider is IReadOnlyList<GenerationStep> steps) update.AdditionalProperties = new AdditionalPropertiesDictionary { [ResponseProperties.Logprobs] = steps };
        return update;
    }

    /// <summary>The end of an answer that left whole.</summary>
    internal ChatResponseUpdate Last()
    {
        ChatResponseUpdate update = New();
        foreach (UsageContent usage in _usage) update.Contents.Add(usage);
        update.FinishReason = _reason;
        update.AdditionalProperties = _properties.Clone();
        update.AdditionalProperties[SafetyChatClient.ReportProperty] = new SafetyReport(session.Notes, null);
        return update;
    }

    /// <summary>The end of an answer that was refused.</summary>
    internal ChatResponseUpdate Refused(PolicyDecision decision)
    {
        ChatResponseUpdate update = New();
        update.FinishReason = ChatFinishReason.ContentFilter;
        update.AdditionalProperties = new AdditionalPropertiesDictionary { [SafetyChatClient.ReportProperty] = new SafetyReport(session.Notes, decision) };
        return update;
    }

    private ChatResponseUpdate New()
    {
        ChatResponseUpdate update = new(_begun ? null : ChatRole.Assistant, [])
        {
            ResponseId = _latest?.ResponseId ?? _fallbackId,
            MessageId = _latest?.MessageId ?? _fallbackId,
            CreatedAt = _latest?.CreatedAt,
            ModelId = _latest?.ModelId,
            ConversationId = _latest?.ConversationId,
            AuthorName = _latest?.AuthorName,
        };
        _begun = true;
        return update;
    }
}
