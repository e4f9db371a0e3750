using System.Collections.Concurrent;
using System.Globalization;
using Puna.Engine.Constraints.Automata;

namespace Puna.Engine.Constraints.Regex;

/// <summary>The named classes of ECMA-262: digits, words, whitespace, line ends, and Unicode's general categories and common scripts.</summary>
internal static class CharacterClasses
{
    private static readonly ConcurrentDictionary<string, CodePointSet?> Properties = new();

    internal static CodePointSet Digit { get; } = CodePointSet.Of(('0', '9'));

    internal static CodePointSet Word { get; } = CodePointSet.Of(('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z'));

    internal static CodePointSet Space { get; } = CodePointSet.Of(
        (0x09, 0x0D), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF));

    /// <summary>What <c>.</c> matches: all but line ends.</summary>
    internal static CodePointSet Dot { get; } = CodePointSet.Of((0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029)).Complement();

    /// <summary>The set of <c>\p{name}</c>, or null for a property that is not known here.</summary>
    internal static CodePointSet? Property(string name) => Properties.GetOrAdd(name, Find);

    private static CodePointSet? Find(string name)
    {
        string value = name;
        int equals = name.IndexOf('=', StringComparison.Ordinal);
        if (equals >= 0)
        {
            string key = name[..equals];
            value = name[(equals + 1)..];
            if (key is "Script" or "sc") return Script(value);
            if (key is not ("General_Category" or "gc")) return null;
        }

        return value switch
        {
            "Any" => CodePointSet.All,
            "ASCII" => CodePointSet.Of((0, 0x7F)),
            "Alphabetic" or "Alpha" => null, // not the same as the letters, and the rest of it is not at hand
            _ => Category(value),
        };
    }

    private static CodePointSet? Category(string value)
    {
        string? prefix = value switch
        {
            "L" or "Letter" => "L",
            "Lu" or "Uppercase_Letter" => "Lu",
            "Ll" or "Lowercase_Letter" => "Ll",
            "Lt" or "Titlecase_Letter" => "Lt",
            "Lm" or "Modifier_Letter" => "Lm",
            "Lo" or "Other_Letter" => "Lo",
            "M" or "Mark" or "Combining_Mark" => "M",
            "Mn" or "Nonspacing_Mark" => "Mn",
            "Mc" or "Spacing_Mark" => "Mc",
            "Me" or "Enclosing_Mark" => "Me",
            "N" or "Number" => "N",
            "Nd" or "Decimal_Number" or "digit" => "Nd",
            "Nl" or "Letter_Number" => "Nl",
            "No" or "Other_Number" => "No",
            "P" or "Punctuation" or "punct" => "P",
            "Pc" or "Connector_Punctuation" => "Pc",
            "Pd" or "Dash_Punctuation" => "Pd",
            "Ps" or "Open_Punctuation" => "Ps",
            "Pe" or "Close_Punctuation" => "Pe",
            "Pi" or "Initial_Punctuation" => "Pi",
            "Pf" or "Final_Punctuation" => "Pf",
            "Po" or "Other_Punctuation" => "Po",
            "S" or "Symbol" => "S",
            "Sm" or "Math_Symbol" => "Sm",
            "Sc" or "Currency_Symbol" => "Sc",
            "Sk" or "Modifier_Symbol" => "Sk",
            "So" or "Other_Symbol" => "So",
            "Z" or "Separator" => "Z",
            "Zs" or "Space_Separator" => "Zs",
            "Zl" or "Line_Separator" => "Zl",
            "Zp" or "Paragraph_Separator" => "Zp",
            "Cc" or "Control" or "cntrl" => "Cc",
            "Cf" or "Format" => "Cf",
            "Co" or "Private_Use" => "Co",
            "Cn" or "Unassigned" => "Cn",
            _ => null,
        };
        return prefix is null ? null : Collect(c => Code(CharUnicodeInfo.GetUnicodeCategory(c)).StartsWith(prefix, StringComparison.Ordinal));
    }

    private static string Code(UnicodeCategory category) => category switch
    {
        UnicodeCategory.UppercaseLetter => "Lu",
        UnicodeCategory.LowercaseLetter => "Ll",
        UnicodeCategory.TitlecaseLetter => "Lt",
        UnicodeCategory.ModifierLetter => "Lm",
        UnicodeCategory.OtherLetter => "Lo",
        UnicodeCategory.NonSpacingMark => "Mn",
        UnicodeCategory.SpacingCombiningMark => "Mc",
        UnicodeCategory.EnclosingMark => "Me",
        UnicodeCategory.DecimalDigitNumber => "Nd",
        UnicodeCategory.LetterNumber => "Nl",
        UnicodeCategory.OtherNumber => "No",
        UnicodeCategory.SpaceSeparator => "Zs",
        UnicodeCategory.LineSeparator => "Zl",
        UnicodeCategory.ParagraphSeparator => "Zp",
        UnicodeCategory.Control => "Cc",
        UnicodeCategory.Format => "Cf",
        UnicodeCategory.Surrogate => "Cs",
        UnicodeCategory.PrivateUse => "Co",
        UnicodeCategory.ConnectorPunctuation => "Pc",
        UnicodeCategory.DashPunctuation => "Pd",
        UnicodeCategory.OpenPunctuation => "Ps",
        UnicodeCategory.ClosePunctuation => "Pe",
        UnicodeCategory.InitialQuotePunctuation => "Pi",
        UnicodeCategory.FinalQuotePunctuation => "Pf",
        UnicodeCategory.OtherPunctuation => "Po",
        UnicodeCategory.MathSymbol => "Sm",
        UnicodeCategory.CurrencySymbol => "Sc",
        UnicodeCategory.ModifierSymbol => "Sk",
        UnicodeCategory.OtherSymbol => "So",
        _ => "Cn",
    };

    /// <summary>Scripts whose letters stand together in few blocks that hold nothing else.</summary>
    private static CodePointSet? Script(string value) => value switch
    {
        "Hiragana" or "Hira" => CodePointSet.Of((0x3041, 0x3096), (0x309D, 0x309F), (0x1B001, 0x1B11F), (0x1B132, 0x1B132), (0x1B150, 0x1B152), (0x1F200, 0x1F200)),
        _ => null,
    };

    private static CodePointSet Collect(Func<int, bool> belongs)
    {
        List<(int, int)> ranges = [];
        int start = -1;
        for (int c = 0; c <= CodePointSet.MaxCodePoint + 1; c++)
        {
            bool inside = c <= CodePointSet.MaxCodePoint && belongs(c);
            if (inside && start < 0) start = c;
            if (!inside && start >= 0)
            {
                ranges.Add((start, c - 1));
                start = -1;
            }
        }

        return CodePointSet.Of(ranges);
    }
}
