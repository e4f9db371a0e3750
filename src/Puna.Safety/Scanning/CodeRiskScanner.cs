using System.Buffers;
using System.Collections.Frozen;

namespace Puna.Safety.Scanning;

/// <summary>
/// Finds constructs in generated code that make holes: commands, SQL and code put together from text, unsafe reading of
/// objects, unchecked certificates, weak hashes, unbounded copies, commands that destroy. Looks at fenced blocks by their
/// language, and at the JSON of tool calls by every rule. It reads line by line and knows no data flow: what comes from a
/// constant looks like what comes from a stranger.
/// </summary>
public sealed class CodeRiskScanner : IScanner
{
    private const int MaxLine = 10_000; // longer ones are data

    private static readonly FrozenDictionary<string, LanguageRules> ByLanguage = CodeBlocks.Languages.ToFrozenDictionary(l => l, l => new LanguageRules(l));
    private static readonly LanguageRules Everything = new(null);

    private readonly bool _unfenced;

    /// <param name="unfenced">A text without a fence is code, too.</param>
    public CodeRiskScanner(bool unfenced = false) => _unfenced = unfenced;

    public IReadOnlyList<string> Categories { get; } = [.. CodeRules.All.Select(r => r.Category).Distinct()];

    public string? Model => null;

    /// <inheritdoc/>
    public IReadOnlyList<Finding> Scan(ScanInput input, CancellationToken cancellationToken)
    {
        List<Finding> findings = [];
        bool any = false;
        foreach (CodeBlock block in CodeBlocks.Fenced(input.Text))
        {
            any = true;
            LanguageRules rules = block.Language is { } language ? ByLanguage[language] : Everything;
            Scan(input.Text, block.Start, block.End, rules, findings, cancellationToken);
        }

        if (!any && _unfenced) Scan(input.Text, 0, input.Text.Length, Everything, findings, cancellationToken);
        else foreach ((int start, int end) in input.ToolCalls) Scan(input.Text, start, end, Everything, findings, cancellationToken);
        return findings;
    }

    private static void Scan(string text, int start, int end, LanguageRules rules, List<Finding> findings, CancellationToken cancellationToken)
    {
        for (int at = start, lines = 0; at < end; lines++)
        {
            if ((lines & 255) == 0) cancellationToken.ThrowIfCancellationRequested();
            int stop = text.IndexOf('\n', at, end - at);
            if (stop < 0) stop = end;
            ReadOnlySpan<char> line = text.AsSpan(at, Math.Min(stop - at, MaxLine));
            if (line.ContainsAny(rules.Triggers) && !IsComment(line, rules.HashComments)) Match(line, at, rules, findings);
            at = stop + 1;
        }
    }

    private static void Match(ReadOnlySpan<char> line, int at, LanguageRules rules, List<Finding> findings)
    {
        int before = findings.Count;
        foreach (CodeRule rule in rules.Rules)
        {
            if (Known(findings, before, rule.Category) || !line.Contains(rule.Trigger, StringComparison.OrdinalIgnoreCase)) continue;
            foreach (System.Text.RegularExpressions.ValueMatch match in rule.Regex.EnumerateMatches(line))
            {
                findings.Add(new Finding(rule.Category, rule.Score, at + match.Index, at + match.Index + match.Length, rule.Reason));
                break; // one of a kind in a line is enough
            }
        }
    }

    /// <summary>A line is told of once for a category: rules of several languages see the same construct.</summary>
    private static bool Known(List<Finding> findings, int from, string category)
    {
        for (int i = from; i < findings.Count; i++)
        {
            if (findings[i].Category == category) return true;
        }

        return false;
    }

    private static bool IsComment(ReadOnlySpan<char> line, bool hashComments)
    {
        line = line.TrimStart();
        return line.StartsWith("//", StringComparison.Ordinal) || line.StartsWith("/*", StringComparison.Ordinal) || line.StartsWith("* ", StringComparison.Ordinal)
            || line.StartsWith("-- ", StringComparison.Ordinal) || (hashComments && line.StartsWith("#", StringComparison.Ordinal));
    }

    private sealed class LanguageRules
    {
        internal LanguageRules(string? language)
        {
            Rules = [.. CodeRules.All.Where(rule => rule.AppliesTo(language))];
            Triggers = SearchValues.Create([.. Rules.Select(r => r.Trigger).Distinct()], StringComparison.OrdinalIgnoreCase);
            HashComments = language is "python" or "shell" or "yaml" or "dockerfile" or "php";
        }

        internal CodeRule[] Rules { get; }

        internal SearchValues<string> Triggers { get; }

        internal bool HashComments { get; }
    }
}
