using System.Globalization;
using System.Text;

namespace Puna.Evaluation.Grading.Mathematics;

/// <summary>Equality of answers as the authors of MATH test it: of strings, after a fixed series of rewrites.</summary>
internal static class HendrycksEquality
{
    public static bool Holds(string? first, string? second)
    {
        if (first is null || second is null) return first is null && second is null;
        return Normalize(first) is { } a && Normalize(second) is { } b ? a == b : first == second;
    }

    /// <summary>The rewritten answer, null where upstream's rules throw and the raw strings are compared.</summary>
    public static string? Normalize(string text)
    {
        text = Delete(text, "\n", "\\!").Replace("\\\\", "\\", StringComparison.Ordinal)
            .Replace("tfrac", "frac", StringComparison.Ordinal).Replace("dfrac", "frac", StringComparison.Ordinal);
        text = Delete(text, "\\left", "\\right", "^{\\circ}", "^\\circ", "\\$");

        string[] units = text.Split("\\text{ ");
        if (units.Length > 2) return null;
        text = Delete(units[0], "\\%").Replace(" .", " 0.", StringComparison.Ordinal).Replace("{.", "{0.", StringComparison.Ordinal);
        if (text.Length == 0) return text;
        if (text[0] == '.') text = "0" + text;

        string[] sides = text.Split('=');
        if (sides.Length == 2 && sides[0].Length <= 2) text = sides[1];

        if (BraceRoots(text) is not { } braced) return null;
        if (BraceFractions(Delete(braced, " ")) is not { } fractions) return null;
        return SlashToFraction(fractions == "0.5" ? "\\frac{1}{2}" : fractions);
    }

    private static string? BraceRoots(string text)
    {
        string[] parts = text.Split("\\sqrt");
        StringBuilder result = new(parts[0]);
        foreach (string part in parts.Skip(1))
        {
            if (part.Length == 0) return null;
            result.Append("\\sqrt").Append(part[0] == '{' ? part : $"{{{part[0]}}}{part[1..]}");
        }

        return result.ToString();
    }

    private static string? BraceFractions(string text)
    {
        string[] parts = text.Split("\\frac");
        StringBuilder result = new(parts[0]);
        foreach (string part in parts.Skip(1))
        {
            if (part.Length == 0) return null;
            if (part[0] != '{' && part.Length < 2) return text;
            result.Append("\\frac");
            if (part[0] == '{') result.Append(part);
            else if (part[1] == '{') result.Append('{').Append(part[0]).Append('}').Append(part, 1, part.Length - 1);
            else result.Append('{').Append(part[0]).Append("}{").Append(part[1]).Append('}').Append(part, 2, part.Length - 2);
        }

        return result.ToString();
    }

    private static string SlashToFraction(string text)
    {
        string[] sides = text.Split('/');
        return sides.Length == 2 && IsInteger(sides[0]) && IsInteger(sides[1]) ? $"\\frac{{{sides[0]}}}{{{sides[1]}}}" : text;
    }

    // As it would be printed: no leading zeros, no plus.
    private static bool IsInteger(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) && value.ToString(CultureInfo.InvariantCulture) == text;

    private static string Delete(string text, params ReadOnlySpan<string> literals)
    {
        foreach (string literal in literals) text = text.Replace(literal, "", StringComparison.Ordinal);
        return text;
    }
}
