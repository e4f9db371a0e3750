namespace Puna.Evaluation.Grading.Mathematics;

/// <summary>Splits an answer in LaTeX into commands, numbers and signs; spacing and layout commands fall away.</summary>
internal static class LatexLexer
{
    private static readonly HashSet<string> Layout = new(StringComparer.Ordinal)
    {
        "\\left", "\\right", "\\,", "\\!", "\\;", "\\:", "\\ ", "\\quad", "\\qquad", "\\displaystyle", "\\big", "\\Big", "\\bigg", "\\Bigg", "\\$", "$", "\\limits",
    };

    private static readonly Dictionary<string, string> Aliases = new(StringComparer.Ordinal)
    {
        ["\\dfrac"] = "\\frac",
        ["\\tfrac"] = "\\frac",
        ["\\cfrac"] = "\\frac",
        ["\\cdot"] = "*",
        ["\\times"] = "*",
        ["\\div"] = "/",
        ["\\lbrace"] = "\\{",
        ["\\rbrace"] = "\\}",
        ["\\lvert"] = "|",
        ["\\rvert"] = "|",
        ["\\vert"] = "|",
        ["\\%"] = "%",
        ["−"] = "-",
        ["π"] = "\\pi",
        ["∞"] = "\\infty",
    };

    /// <summary>The tokens, or null where the text has a character that stands for nothing here.</summary>
    public static List<string>? Split(string text)
    {
        List<string> tokens = [];
        for (int i = 0; i < text.Length;)
        {
            int length = Length(text, i);
            if (length == 0) return null;

            string token = text.Substring(i, length);
            i += length;
            if (char.IsWhiteSpace(token[0]) || Layout.Contains(token)) continue;
            tokens.Add(Aliases.GetValueOrDefault(token, token));
        }

        return tokens;
    }

    private static int Length(string text, int at)
    {
        char c = text[at];
        int end = at + 1;
        if (c == '\\')
        {
            while (end < text.Length && char.IsAsciiLetter(text[end])) end++;
            return end > at + 1 ? end - at : at + 1 < text.Length ? 2 : 0;
        }

        if (char.IsAsciiDigit(c) || (c == '.' && end < text.Length && char.IsAsciiDigit(text[end])))
        {
            bool point = c == '.';
            while (end < text.Length && (char.IsAsciiDigit(text[end]) || (text[end] == '.' && !point && end + 1 < text.Length && char.IsAsciiDigit(text[end + 1]))))
            {
                point |= text[end] == '.';
                end++;
            }

            return end - at;
        }

        return char.IsAsciiLetter(c) || char.IsWhiteSpace(c) || "+-*/^_{}()[]|,=!%$&−π∞".Contains(c) ? 1 : 0;
    }
}
