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
    private const int Stretch = 8192, Overlap = 256; // of a long line, which is searched in parts

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
        bool inComment = false;
        for (int at = start, parts = 0, next; at < end; at = next)
        {
            int line = text.IndexOf('\n', at, end - at);
            int stop = line < 0 ? end : line;
            next = stop + 1;
            at += Comment(text.AsSpan(at, stop - at), rules.HashComments, ref inComment);
            int known = findings.Count;
            for (int from = at; from < stop; from += Stretch)
            {
                if ((parts++ & 255) == 0) cancellationToken.ThrowIfCancellationRequested();
                int length = Math.Min(stop - from, Stretch + Overlap);
                ReadOnlySpan<char> part = text.AsSpan(from, length);
                if (part.ContainsAny(rules.Triggers)) Match(part, from, rules, findings, known);
            }
        }
    }

    private static void Match(ReadOnlySpan<char> line, int at, LanguageRules rules, List<Finding> findings, int before)
    {
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

    /// <summary>Length of the comment that a line begins with: code behind it is code.</summary>
    /// <param name="line">The line.</param>
    /// <param name="hashComments">A hash begins a comment.</param>
    /// <param name="inside">A comment that an earlier line began goes on; where the languages are not known it may be none, so that only lines with its asterisk are.</param>
    private static int Comment(ReadOnlySpan<char> line, bool hashComments, ref bool inside)
    {
        int at = 0;
        while (true)
        {
            at += line[at..].Length - line[at..].TrimStart().Length;
            ReadOnlySpan<char> rest = line[at..];
            if (rest.StartsWith("/*", StringComparison.Ordinal) || (inside && rest.StartsWith('*')))
            {
                int close = rest[(rest[0] == '/' ? 2 : 0)..].IndexOf("*/", StringComparison.Ordinal);
                inside = close < 0;
                if (inside) return line.Length;
                at += close + (rest[0] == '/' ? 4 : 2);
                continue;
            }

            if (inside && rest.Contains("*/", StringComparison.Ordinal)) inside = false;
            bool whole = rest.StartsWith("//", StringComparison.Ordinal) || rest.StartsWith("-- ", StringComparison.Ordinal) || (hashComments && rest.StartsWith('#'));
            return whole ? line.Length : at;
        }
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
