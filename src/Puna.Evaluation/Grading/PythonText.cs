using System.Globalization;
using System.Text;

namespace Puna.Evaluation.Grading;

/// <summary>Character classes as Python has them, which the published graders are written in.</summary>
internal static class PythonText
{
    /// <summary>The 32 characters of Python's <c>string.punctuation</c>.</summary>
    public const string Punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    /// <summary>Whether the character at an index belongs to <c>\w</c>: a letter, a number or an underscore, not a combining mark.</summary>
    public static bool IsWord(string text, int index)
    {
        if (text[index] == '_') return true;
        int start = index > 0 && char.IsLowSurrogate(text[index]) && char.IsHighSurrogate(text[index - 1]) ? index - 1 : index;
        return CharUnicodeInfo.GetUnicodeCategory(text, start) is
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter or
            UnicodeCategory.OtherLetter or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;
    }

    /// <summary>Number of runs of word characters.</summary>
    public static int CountWords(string text)
    {
        int count = 0;
        bool inside = false;
        for (int i = 0; i < text.Length; i++)
        {
            bool word = IsWord(text, i);
            if (word && !inside) count++;
            inside = word;
        }

        return count;
    }

    /// <summary>Whether there is a cased letter and all cased letters are upper case.</summary>
    public static bool IsUpper(string text) => HasOnlyCase(text, UnicodeCategory.UppercaseLetter, UnicodeCategory.LowercaseLetter);

    /// <summary>Whether there is a cased letter and all cased letters are lower case.</summary>
    public static bool IsLower(string text) => HasOnlyCase(text, UnicodeCategory.LowercaseLetter, UnicodeCategory.UppercaseLetter);

    private static bool HasOnlyCase(string text, UnicodeCategory wanted, UnicodeCategory other)
    {
        bool found = false;
        foreach (Rune rune in text.EnumerateRunes())
        {
            UnicodeCategory category = Rune.GetUnicodeCategory(rune);
            if (category == other || category == UnicodeCategory.TitlecaseLetter) return false;
            found |= category == wanted;
        }

        return found;
    }
}
