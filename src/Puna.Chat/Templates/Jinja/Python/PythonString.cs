using System.Globalization;
using System.Text;
using Puna.Chat.Templates.Jinja.Values;

namespace Puna.Chat.Templates.Jinja.Python;

/// <summary>How Python classifies characters and prints strings.</summary>
internal static class PythonString
{
    /// <summary>Python's <c>str.isspace</c>: Unicode white space and the four information separators.</summary>
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f';

    /// <summary>Where <c>str.splitlines</c> ends a line.</summary>
    public static bool IsLineBreak(char c) => c is >= '\n' and <= '\r' or >= '\x1c' and <= '\x1e' or '\x85' or '\u2028' or '\u2029';

    public static void AppendRepr(Text text, TextBuilder output)
    {
        char quote = text.Chars.Contains('\'') && !text.Chars.Contains('"') ? '"' : '\'';
        output.Append(quote);
        for (int i = 0; i < text.Length;)
        {
            int units = text.UnitsAt(i);
            char c = text.Chars[i];
            bool trusted = text.TrustedAt(i);
            string? escape = c switch
            {
                '\\' => @"\\",
                '\n' => @"\n",
                '\r' => @"\r",
                '\t' => @"\t",
                _ when c == quote => "\\" + quote,
                _ when IsPrintable(text.Chars, i) => null,
                < '\x100' => $"\\x{(int)c:x2}",
                _ when units == 2 => $"\\U{char.ConvertToUtf32(text.Chars, i):x8}",
                _ => $"\\u{(int)c:x4}",
            };
            if (escape is null) output.Append(text, i, units);
            else output.Append(escape, trusted);
            i += units;
        }

        output.Append(quote);
    }

    public static Text Upper(Text text, RenderBudget budget) => MapRunes(text, budget, PythonCase.Upper);

    public static Text Lower(Text text, RenderBudget budget) => MapRunes(text, budget, PythonCase.Lower);

    /// <summary>First letter upper case, the others lower case.</summary>
    public static Text Capitalize(Text text, RenderBudget budget) =>
        MapRunes(text, budget, (chars, i) => i == 0 ? PythonCase.Title(chars, i) : PythonCase.Lower(chars, i));

    /// <summary>Python's <c>str.title</c>: upper case after every character that has no case.</summary>
    public static Text Title(Text text, RenderBudget budget)
    {
        bool inWord = false;
        return MapRunes(text, budget, (chars, i) =>
        {
            string mapped = inWord ? PythonCase.Lower(chars, i) : PythonCase.Title(chars, i);
            inWord = PythonCase.IsCased(chars, i);
            return mapped;
        });
    }

    public static Text SwapCase(Text text, RenderBudget budget) => MapRunes(text, budget, (chars, i) =>
        PythonCase.IsUpper(chars, i) ? PythonCase.Lower(chars, i) : PythonCase.IsLower(chars, i) ? PythonCase.Upper(chars, i) : CharAt(chars, i));

    /// <summary>Removes characters from both ends.</summary>
    /// <param name="set">Characters to remove, or null for white space.</param>
    public static Text Strip(Text text, Text? set, bool left, bool right, RenderBudget budget)
    {
        budget.Search(text.Length, set?.Length ?? 1);
        int start = 0, end = text.Length;
        while (left && start < end && Strips(text, start, set)) start += text.UnitsAt(start);
        while (right && end > start && Strips(text, LastStart(text, end), set)) end = LastStart(text, end);
        return text.Slice(start, end - start);
    }

    private static int LastStart(Text text, int end) =>
        end >= 2 && char.IsLowSurrogate(text.Chars[end - 1]) && char.IsHighSurrogate(text.Chars[end - 2]) ? end - 2 : end - 1;

    private static bool Strips(Text text, int at, Text? set) =>
        set is null ? IsSpace(text.Chars[at]) : set.Chars.AsSpan().IndexOf(text.Chars.AsSpan(at, text.UnitsAt(at))) >= 0;

    private static Text MapRunes(Text text, RenderBudget budget, Func<string, int, string> map)
    {
        TextBuilder output = new(budget);
        for (int i = 0; i < text.Length; i += text.UnitsAt(i)) output.Append(map(text.Chars, i), text.TrustedAt(i));
        return output.ToText();
    }

    internal static string CharAt(string chars, int i) =>
        char.IsHighSurrogate(chars[i]) && i + 1 < chars.Length && char.IsLowSurrogate(chars[i + 1]) ? chars.Substring(i, 2) : chars[i].ToString();

    /// <summary>Python's <c>str.isprintable</c> for one character.</summary>
    private static bool IsPrintable(string chars, int i)
    {
        if (!Rune.TryGetRuneAt(chars, i, out Rune rune)) return false;
        return rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
            UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or
            UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or
            UnicodeCategory.SpaceSeparator);
    }
}
