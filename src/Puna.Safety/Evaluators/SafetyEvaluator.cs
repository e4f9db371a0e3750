using Microsoft.Extensions.AI;
using Microsoft.Extensions.AI.Evaluation;
using Puna.Safety.LlamaGuard;
using Puna.Safety.Policy;
using Puna.Safety.Streams;

namespace Puna.Safety.Evaluators;

/// <summary>
/// Scores conversations and answers by a policy, on this machine alone: no service is asked. For test suites that use
/// Microsoft.Extensions.AI.Evaluation.
/// </summary>
/// <param name="guard">The guard; the caller's.</param>
public sealed class SafetyEvaluator(SafetyGuard guard) : IEvaluator
{
    /// <summary>True when every message may go on.</summary>
    public const string ConversationMetric = "Puna safety: conversation";

    /// <summary>True when the answer may go on.</summary>
    public const string AnswerMetric = "Puna safety: answer";

    /// <summary>The highest score of what was found in the answer and counts, 0 to 1; 0 where nothing counts.</summary>
    public const string ScoreMetric = "Puna safety: score of the answer";

    public IReadOnlyCollection<string> EvaluationMetricNames { get; } = [ConversationMetric, AnswerMetric, ScoreMetric];

    /// <summary>Judges the messages in order, and the whole answer as the assistant's message behind them.</summary>
    /// <exception cref="NotSupportedException">There is content that no guard can judge.</exception>
    public async ValueTask<EvaluationResult> EvaluateAsync(
        IEnumerable<ChatMessage> messages, ChatResponse modelResponse, ChatConfiguration? chatConfiguration = null, IEnumerable<EvaluationContext>? additionalContext = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ArgumentNullException.ThrowIfNull(modelResponse);
        using SafetySession session = guard.Begin();
        JudgedConversation conversation = await session.JudgeAsync(messages, cancellationToken: cancellationToken).ConfigureAwait(false);
        BooleanMetric before = Passed(ConversationMetric, conversation.Refusal);

        // A conversation that is refused has no answer by this policy; the answer at hand is judged by itself.
        IReadOnlyList<GuardMessage> behind = conversation.Refusal is null ? conversation.Guarded : [];
        PolicyDecision? refusal = null;
        float score = 0;
        List<GuardMessage> earlier = [.. behind];
        foreach (ChatMessage message in modelResponse.Messages)
        {
            MessageText text = MessageText.Of(message);
            PolicyDecision decision = (await session.JudgeAnswerAsync(new("assistant", text.Text, [.. earlier]) { Images = text.Images, ToolCalls = text.Calls }, record: true, cancellationToken).ConfigureAwait(false)).Decision;
            if (decision.Action >= PolicyAction.Review) refusal ??= decision; // in a dry run, too: it is the answer that is asked about
            if (decision.Action != PolicyAction.Allow)
                score = decision.Outcomes.SelectMany(o => o.Findings).Where(f => decision.Reasons.Contains(f.Category)).Select(f => f.Score).Append(score).Max();
            earlier.Add(new GuardMessage("assistant", text.Text, text.Images));
        }

        return new EvaluationResult(before, Passed(AnswerMetric, refusal), new NumericMetric(ScoreMetric, score));
    }

    private static BooleanMetric Passed(string name, PolicyDecision? refusal)
    {
        string? reason = refusal is null ? null : $"{PolicyActions.NameOf(refusal.Action)}: {string.Join(", ", refusal.Reasons)}";
        return new BooleanMetric(name, refusal is null, reason)
        {
            Interpretation = new EvaluationMetricInterpretation(refusal is null ? EvaluationRating.Good : EvaluationRating.Unacceptable, failed: refusal is not null, reason),
        };
    }
}
