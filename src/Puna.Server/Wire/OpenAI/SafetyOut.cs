using Puna.Safety.Policy;
using Puna.Safety.Streams;

namespace Puna.Server.Wire.OpenAI;

/// <summary>What the safety policy decided about a request and an answer. An addition to the OpenAI API.</summary>
/// <param name="Refused">It held the answer back.</param>
/// <param name="Categories">Why, where it did.</param>
/// <param name="Decisions">All decisions, in order.</param>
internal sealed record SafetyOut(bool Refused, IReadOnlyList<string>? Categories, IReadOnlyList<SafetyDecisionOut> Decisions)
{
    internal static SafetyOut? Of(SafetyReport? report) => report is null ? null : new SafetyOut(
        report.Refusal is not null, report.Refusal is { } refusal ? CategoriesOf(refusal) : null, [.. report.Notes.Select(SafetyDecisionOut.Of)]);

    /// <summary>The sentence that tells of a refusal, or null where there is none.</summary>
    internal static string? Sentence(SafetyReport? report) => report?.Refusal is { } refusal
        ? $"The safety policy held {(refusal.Role == "assistant" ? "the answer" : "the request")} back: {string.Join(", ", CategoriesOf(refusal))}."
        : null;

    /// <summary>Why; what cannot be redacted any more has no category of its own severity.</summary>
    private static IReadOnlyList<string> CategoriesOf(PolicyDecision refusal) => refusal.Reasons.Count > 0 ? refusal.Reasons : [.. refusal.Redactions.Select(r => r.Category).Distinct()];
}

internal sealed record SafetyDecisionOut(
    string Subject, string Role, string Action, string Enforced, IReadOnlyList<string> Reasons, bool DryRun, string Policy, double Milliseconds, IReadOnlyList<SafetyRuleOut> Rules)
{
    internal static SafetyDecisionOut Of(SafetyNote note) => new(
        note.Subject, note.Decision.Role, PolicyActions.NameOf(note.Decision.Action), PolicyActions.NameOf(note.Decision.Enforced), note.Decision.Reasons, note.Decision.DryRun, note.Decision.PolicyHash,
        Math.Round(note.Decision.Elapsed.TotalMilliseconds, 3), [.. note.Decision.Outcomes.Select(SafetyRuleOut.Of)]);
}

internal sealed record SafetyRuleOut(string Rule, string Scanner, string Action, string? Failure, double Milliseconds, IReadOnlyList<SafetyFindingOut> Findings)
{
    private const int MaxFindings = 8;

    internal static SafetyRuleOut Of(RuleOutcome outcome) => new(
        outcome.Rule, outcome.Scanner, PolicyActions.NameOf(outcome.Action), outcome.Failure, Math.Round(outcome.Elapsed.TotalMilliseconds, 3),
        [.. outcome.Findings.OrderByDescending(f => f.Score).Take(MaxFindings).Select(f => new SafetyFindingOut(f.Category, f.Score, f.Start, f.End, f.Detail))]);
}

internal sealed record SafetyFindingOut(string Category, float Score, int Start, int End, string? Detail);
