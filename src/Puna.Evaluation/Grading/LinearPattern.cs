using System.Text.RegularExpressions;

namespace Puna.Evaluation.Grading;

/// <summary>
/// Patterns over model output. All of them are matched without backtracking, in time linear in the text: an answer of a
/// model can be any text, and a backtracking form of some published extractors does not end on it.
/// </summary>
internal static class LinearPattern
{
    /// <summary>A pattern; look-around and back references are refused.</summary>
    public static Regex Of(string pattern, RegexOptions options = RegexOptions.None) =>
        new(pattern, options | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    /// <summary>The first match's first group that is not empty, trimmed.</summary>
    public static string? First(this Regex pattern, string text) => pattern.Match(text) is { Success: true } match ? Group(match) : null;

    /// <summary>The last match's first group that is not empty, trimmed.</summary>
    public static string? Last(this Regex pattern, string text)
    {
        Match? last = null;
        for (Match match = pattern.Match(text); match.Success; match = match.NextMatch()) last = match;
        return last is null ? null : Group(last);
    }

    private static string Group(Match match)
    {
        for (int g = 1; g < match.Groups.Count; g++)
        {
            if (match.Groups[g].Length > 0) return match.Groups[g].Value.Trim();
        }

        return match.Value.Trim();
    }
}
