using System.Globalization;
using System.Text.RegularExpressions;

namespace Puna.Extraction.Evidence;

/// <summary>The numbers that a text gives, each under every value that its separators may mean.</summary>
internal static partial class WrittenNumbers
{
    private const int MaxLength = 40; // no number in a document is longer; a decimal has 29 digits

    /// <summary>The values and where they stand, in order of place.</summary>
    internal static IEnumerable<(decimal Value, int Start, int End)> Find(string text)
    {
        foreach (Match match in Number().Matches(text))
        {
            if (match.Length > MaxLength) continue;
            int start = match.Index, end = start + match.Length;
            string written = text[start..end];
            bool any = false;
            foreach (decimal value in Meanings(written))
            {
                any = true;
                foreach ((decimal, int, int) found in Signed(text, value, start, end)) yield return found;
            }

            // 12.03.2026 is no number, and 5 100 may be two: their parts are.
            if (any && written.AsSpan().IndexOfAny(" \u00A0\u202F") < 0) continue;
            foreach (Match part in Digits().Matches(written))
            {
                if (part.Length < written.Length && decimal.TryParse(written.AsSpan(part.Index, part.Length), NumberStyles.None, CultureInfo.InvariantCulture, out decimal value))
                    yield return (value, start + part.Index, start + part.Index + part.Length);
            }
        }
    }

    private static IEnumerable<(decimal, int, int)> Signed(string text, decimal value, int start, int end)
    {
        bool minus = start > 0 && text[start - 1] is '-' or '\u2212' && (start == 1 || !char.IsLetterOrDigit(text[start - 2]));
        bool accounting = start > 0 && end < text.Length && text[start - 1] == '(' && text[end] == ')';
        if (minus) yield return (-value, start - 1, end);
        else yield return (value, start, end);
        if (accounting) yield return (-value, start - 1, end + 1);

        int percent = end;
        while (percent < text.Length && percent < end + 2 && text[percent] is ' ' or '\u00A0' or '\u202F') percent++;
        if (percent < text.Length && text[percent] == '%') yield return ((minus ? -value : value) / 100, minus ? start - 1 : start, percent + 1);
    }

    private static IEnumerable<decimal> Meanings(string written)
    {
        string plain = written;
        int separator = plain.AsSpan().IndexOfAny(" '\u2019\u00A0\u202F");
        if (separator >= 0)
        {
            // Spaces and apostrophes only ever part thousands.
            int point = plain.AsSpan().LastIndexOfAny('.', ',');
            if (point >= 0 && point < separator) yield break;
            if (!Thousands(plain.AsSpan(0, point < 0 ? plain.Length : point))) yield break;
            plain = string.Concat(plain.Where(c => char.IsAsciiDigit(c) || c is '.' or ','));
        }

        int lastPoint = plain.LastIndexOf('.'), lastComma = plain.LastIndexOf(',');
        int last = Math.Max(lastPoint, lastComma);
        if (last < 0)
        {
            if (Parse(plain) is { } whole) yield return whole;
            yield break;
        }

        char other = last == lastPoint ? ',' : '.';
        bool once = plain.IndexOf(plain[last], StringComparison.Ordinal) == last;
        if (once && Thousands(plain.AsSpan(0, last), other) && Parse($"{plain[..last].Replace(other.ToString(), "", StringComparison.Ordinal)}.{plain[(last + 1)..]}") is { } fraction) yield return fraction;
        if (!plain.Contains(other, StringComparison.Ordinal) && Thousands(plain, plain[last]) && Parse(plain.Replace(plain[last].ToString(), "", StringComparison.Ordinal)) is { } grouped) yield return grouped;
    }

    /// <summary>Groups as of thousands: one to three digits, then threes (twos before the last, as in India); or no groups.</summary>
    private static bool Thousands(ReadOnlySpan<char> written, char? separator = null)
    {
        int group = 0, groups = 0;
        for (int i = 0; i <= written.Length; i++)
        {
            bool end = i == written.Length;
            if (!end && char.IsAsciiDigit(written[i]))
            {
                group++;
                continue;
            }

            if (!end && separator is not null && written[i] != separator) return false;
            if (group == 0 || (groups > 0 && (end ? group != 3 : group is not (2 or 3))) || (groups == 0 && !end && group > 3)) return false;
            groups++;
            group = 0;
        }

        return true;
    }

    private static decimal? Parse(string text) => decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value) ? value : null;

    [GeneratedRegex(@"[0-9]+(?:[.,'\u2019][0-9]+|[ \u00A0\u202F][0-9]{3}(?![0-9]))*")]
    private static partial Regex Number();

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();
}
