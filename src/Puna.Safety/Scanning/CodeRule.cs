using System.Text.RegularExpressions;

namespace Puna.Safety.Scanning;

/// <summary>How bad a construct is: an error is a hole as it stands, a warning one in most programs, an advice one in some.</summary>
internal enum CodeSeverity
{
    Advice,
    Warning,
    Error,
}

/// <summary>A construct that makes code unsafe, told from one line.</summary>
/// <param name="Cwe">Number in the Common Weakness Enumeration.</param>
/// <param name="Severity">How bad it is.</param>
/// <param name="Languages">Where it is looked for, space between; empty for everywhere.</param>
/// <param name="Trigger">Text that a line must hold before the pattern is tried, in any case.</param>
/// <param name="Pattern">The construct, matched in linear time.</param>
/// <param name="Reason">What is wrong, and what to do.</param>
internal sealed record CodeRule(int Cwe, CodeSeverity Severity, string Languages, string Trigger, string Pattern, string Reason)
{
    private readonly string[] _languages = Languages.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    internal string Category { get; } = $"CWE-{Cwe}";

    internal float Score => Severity switch { CodeSeverity.Error => 0.9f, CodeSeverity.Warning => 0.6f, _ => 0.3f };

    internal Regex Regex { get; } = new(Pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.IgnoreCase);

    internal bool AppliesTo(string? language) => language is null || _languages.Length == 0 || _languages.Contains(language);
}
