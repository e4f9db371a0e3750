using System.Text.Json;
using Puna.Safety.Scanning;

namespace Puna.Safety.Policy;

/// <summary>What one rule made of a text.</summary>
/// <param name="Rule">The rule's place in the policy, a JSON Pointer.</param>
/// <param name="Scanner">Name of the scanner.</param>
/// <param name="Model">Identity of the model that judged, or null.</param>
/// <param name="Action">What the rule asks for.</param>
/// <param name="Findings">All that was found, of every score.</param>
/// <param name="Failure">Why the scanner gave no findings, or null: then the action is what the rule says for errors.</param>
/// <param name="Elapsed">Time that it took.</param>
public sealed record RuleOutcome(string Rule, string Scanner, string? Model, PolicyAction Action, IReadOnlyList<Finding> Findings, string? Failure, TimeSpan Elapsed)
{
    private const int MaxWritten = 32; // findings; a text can have thousands

    internal void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteString("rule", Rule);
        writer.WriteString("scanner", Scanner);
        writer.WriteString("action", PolicyActions.NameOf(Action));
        if (Model is not null) writer.WriteString("model", Model);
        if (Failure is not null) writer.WriteString("failure", Failure);
        writer.WriteNumber("milliseconds", Math.Round(Elapsed.TotalMilliseconds, 3));
        writer.WriteStartArray("findings");
        foreach (Finding finding in Findings.OrderByDescending(f => f.Score).Take(MaxWritten))
        {
            writer.WriteStartObject();
            writer.WriteString("category", finding.Category);
            writer.WriteNumber("score", Math.Round(finding.Score, 6));
            writer.WriteNumber("start", finding.Start);
            writer.WriteNumber("end", finding.End);
            if (finding.Detail is not null) writer.WriteString("detail", finding.Detail);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        if (Findings.Count > MaxWritten) writer.WriteNumber("more_findings", Findings.Count - MaxWritten);
    }
}

/// <summary>What a policy makes of a text.</summary>
/// <param name="Role">Whose text it is.</param>
/// <param name="Action">The severest action that a rule asks for.</param>
/// <param name="Outcomes">Every rule of the role, in the policy's order.</param>
/// <param name="Reasons">Categories that ask for that action, the highest score first; <c>scanner-failure</c> where a scanner failed.</param>
/// <param name="Redactions">Ranges to replace, in order, that do not overlap.</param>
/// <param name="DryRun">The policy only decides and records.</param>
/// <param name="PolicyHash">SHA-256 of the policy, in hexadecimal.</param>
/// <param name="Elapsed">Time that it took.</param>
public sealed record PolicyDecision(
    string Role, PolicyAction Action, IReadOnlyList<RuleOutcome> Outcomes, IReadOnlyList<string> Reasons, IReadOnlyList<Redaction> Redactions, bool DryRun, string PolicyHash, TimeSpan Elapsed)
{
    /// <summary>Category of a scanner's failure.</summary>
    public const string ScannerFailure = "scanner-failure";

    /// <summary>What is done: nothing in a dry run.</summary>
    public PolicyAction Enforced => DryRun ? PolicyAction.Allow : Action;

    /// <summary>The text does not go on, unless a person agrees to a <see cref="PolicyAction.Review"/>.</summary>
    public bool Refused => Enforced >= PolicyAction.Review;

    /// <summary>Writes the decision as properties of an object that is open: everything but the text.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteString("role", Role);
        writer.WriteString("action", PolicyActions.NameOf(Action));
        writer.WriteString("enforced", PolicyActions.NameOf(Enforced));
        writer.WriteBoolean("dry_run", DryRun);
        writer.WriteStartArray("reasons");
        foreach (string reason in Reasons) writer.WriteStringValue(reason);
        writer.WriteEndArray();
        writer.WriteString("policy", PolicyHash);
        writer.WriteNumber("milliseconds", Math.Round(Elapsed.TotalMilliseconds, 3));
        writer.WriteStartArray("rules");
        foreach (RuleOutcome outcome in Outcomes)
        {
            writer.WriteStartObject();
            outcome.WriteTo(writer);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>The text as it goes on where it does: redacted.</summary>
    /// <param name="text">The text that was judged.</param>
    public string Redact(string text) => DryRun ? text : Redaction.Apply(text, Redactions);
}

/// <summary>A range of a text that is replaced.</summary>
/// <param name="Start">First UTF-16 unit.</param>
/// <param name="End">Unit behind the last.</param>
/// <param name="Category">What was there.</param>
public readonly record struct Redaction(int Start, int End, string Category)
{
    /// <summary>What stands there instead.</summary>
    public string Mark => $"[{Category}]";

    /// <summary>The text with ranges replaced, which are in order and do not overlap.</summary>
    /// <param name="text">The text.</param>
    /// <param name="redactions">The ranges.</param>
    /// <param name="offset">Where the text begins in the one that the ranges are of: the mark of one that begins before it stands there.</param>
    internal static string Apply(string text, IReadOnlyList<Redaction> redactions, int offset = 0)
    {
        if (redactions.Count == 0) return text;

        System.Text.StringBuilder result = new(text.Length);
        int at = 0;
        foreach (Redaction redaction in redactions)
        {
            int start = redaction.Start - offset, end = redaction.End - offset;
            if (end <= at || start >= text.Length) continue;
            if (start > at) result.Append(text, at, start - at);
            if (start >= 0) result.Append(redaction.Mark);
            at = Math.Min(end, text.Length);
        }

        return result.Append(text, at, text.Length - at).ToString();
    }

    /// <summary>Ranges in order, those that overlap as one by the category of the first.</summary>
    internal static List<Redaction> Merge(IEnumerable<Redaction> ranges)
    {
        List<Redaction> merged = [];
        foreach (Redaction range in ranges.OrderBy(r => r.Start).ThenByDescending(r => r.End))
        {
            if (merged.Count > 0 && range.Start < merged[^1].End) merged[^1] = merged[^1] with { End = Math.Max(merged[^1].End, range.End) };
            else merged.Add(range);
        }

        return merged;
    }
}
