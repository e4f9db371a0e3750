using Microsoft.Extensions.AI;
using Puna.Safety.LlamaGuard;
using Puna.Safety.Policy;
using Puna.Safety.Scanning;

namespace Puna.Safety.Streams;

/// <summary>Messages after they were judged.</summary>
/// <param name="Messages">The messages as they go on: redacted where the policy says so.</param>
/// <param name="Instructions">The instructions as they go on, or null for none.</param>
/// <param name="Guarded">The same for guards, as the answer's conversation.</param>
/// <param name="Refusal">The decision that holds the request back, or null.</param>
public sealed record JudgedConversation(IReadOnlyList<ChatMessage> Messages, string? Instructions, IReadOnlyList<GuardMessage> Guarded, PolicyDecision? Refusal)
{
    /// <summary>Judges the tools, then every message behind those before it; the first that is refused ends it.</summary>
    internal static async ValueTask<JudgedConversation> OfAsync(
        SafetySession session, IEnumerable<ChatMessage> messages, string? instructions, IEnumerable<AITool>? tools, CancellationToken cancellationToken)
    {
        if (ToolText.Of(tools) is { } shown)
        {
            using DecisionCache.Keys key = new(session.Policy.Hash);
            ScanInput input = new("system", shown, []);
            (PolicyDecision decision, bool goesOn) = await session.JudgeMessageAsync(input, key.Next(input), cancellationToken).ConfigureAwait(false);
            if (!goesOn || (!decision.DryRun && decision.Redactions.Count > 0)) return new JudgedConversation([], null, [], decision);
        }

        bool instructed = !string.IsNullOrEmpty(instructions);
        ChatMessage[] given = instructed ? [new ChatMessage(ChatRole.System, instructions), .. messages] : [.. messages];
        GuardMessage[] before = new GuardMessage[given.Length];
        using DecisionCache.Keys keys = new(session.Policy.Hash);
        for (int i = 0; i < given.Length; i++)
        {
            MessageText text = MessageText.Of(given[i]);
            ScanInput input = new(text.Role, text.Text, new ArraySegment<GuardMessage>(before, 0, i)) { Images = text.Images, ToolCalls = text.Calls };
            (PolicyDecision decision, bool goesOn) = await session.JudgeMessageAsync(input, keys.Next(input), cancellationToken).ConfigureAwait(false);
            bool redacts = !decision.DryRun && decision.Redactions.Count > 0;
            if (!goesOn || (redacts && !text.CanRedact(decision.Redactions)))
            {
                session.RecordEnd("message", decision, goesOn);
                return new JudgedConversation([], null, [], decision);
            }

            if (redacts) given[i] = text.Redact(given[i], decision.Redactions);
            before[i] = new GuardMessage(text.Role, decision.Redact(text.Text), text.Images);
        }

        return instructed ? new JudgedConversation(given[1..], given[0].Text, before, null) : new JudgedConversation(given, instructions, before, null);
    }
}
