using System.Text.RegularExpressions;

namespace Puna.Safety.Scanning;

/// <summary>A pattern under a name.</summary>
/// <param name="Name">Category of its findings.</param>
/// <param name="Pattern">
/// Regular expression of .NET without backreferences, look-around and atomic groups: what remains is matched in time linear
/// in the text, whatever the pattern, so that no text can make it slow.
/// </param>
/// <param name="IgnoreCase">Letters match in both cases.</param>
public sealed record NamedPattern(string Name, string Pattern, bool IgnoreCase = false);

/// <summary>Finds text by the operator's own patterns.</summary>
public sealed class RegexScanner : IScanner
{
    private const int MaxPatternLength = 4096;

    private readonly (string Name, Regex Regex)[] _patterns;

    /// <param name="patterns">The patterns.</param>
    /// <param name="timeout">Most time for a search; a huge pattern over a huge text is a failure behind it.</param>
    /// <exception cref="ArgumentException">A pattern is malformed, matches the empty text, is too large, or needs backtracking; the message names it.</exception>
    public RegexScanner(IReadOnlyList<NamedPattern> patterns, TimeSpan timeout)
    {
        _patterns = [.. patterns.Select(p => (p.Name, Compile(p, timeout)))];
        Categories = [.. patterns.Select(p => p.Name).Distinct()];
    }

    public IReadOnlyList<string> Categories { get; }

    public string? Model => null;

    /// <inheritdoc/>
    /// <exception cref="RegexMatchTimeoutException">The time ran out.</exception>
    public IReadOnlyList<Finding> Scan(ScanInput input, CancellationToken cancellationToken)
    {
        List<Finding> findings = [];
        foreach ((string name, Regex regex) in _patterns)
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (ValueMatch match in regex.EnumerateMatches(input.Text))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (match.Length > 0) findings.Add(new Finding(name, 1, match.Index, match.Index + match.Length));
            }
        }

        return findings;
    }

    private static Regex Compile(NamedPattern pattern, TimeSpan timeout)
    {
        if (pattern.Pattern.Length > MaxPatternLength) throw new ArgumentException($"The pattern '{pattern.Name}' has {pattern.Pattern.Length} characters; {MaxPatternLength} are possible.");

        try
        {
            RegexOptions options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | (pattern.IgnoreCase ? RegexOptions.IgnoreCase : RegexOptions.None);
            Regex regex = new(pattern.Pattern, options, timeout);
            return regex.IsMatch("") ? throw new ArgumentException($"The pattern '{pattern.Name}' matches the empty text, and so every message. Make it name at least a character.") : regex;
        }
        catch (RegexParseException error)
        {
            throw new ArgumentException($"The pattern '{pattern.Name}' is malformed: {error.Message}", error);
        }
        catch (NotSupportedException error)
        {
            throw new ArgumentException($"The pattern '{pattern.Name}' cannot be matched in linear time: {error.Message} Write it without backreferences, look-around and atomic groups, and with smaller counts.", error);
        }
    }
}
