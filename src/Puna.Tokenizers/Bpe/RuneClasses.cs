using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Puna.Tokenizers.Bpe;

/// <summary>
/// Class of every Unicode character in a two-level table, and the walk over UTF-8 by classes. An invalid sequence, as
/// long as the decoder would replace by one U+FFFD, counts as one character of U+FFFD's class.
/// </summary>
internal static class RuneClasses
{
    private const int PageBits = 8;

    private static readonly ushort[] PageOf = new ushort[0x110000 >> PageBits];
    private static readonly RuneClass[] Pages = BuildPages();

    /// <summary>Class of a code point.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RuneClass Of(uint rune) => Pages[(PageOf[rune >> PageBits] << PageBits) | (int)(rune & ((1 << PageBits) - 1))];

    /// <summary>Class and byte length of the character at <paramref name="at"/>, which must be inside the text.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RuneClass At(ReadOnlySpan<byte> text, int at, out int length)
    {
        uint b = text[at];
        if (b < 0x80)
        {
            length = 1;
            return Pages[b]; // page 0 is the first one stored
        }

        return AtNonAscii(text, at, b, out length);
    }

    /// <summary>End of the run of characters that have any of the classes, from <paramref name="at"/>.</summary>
    public static int RunEnd(ReadOnlySpan<byte> text, int at, RuneClass classes)
    {
        while (at < text.Length && (At(text, at, out int length) & classes) != 0) at += length;

        return at;
    }

    private static RuneClass AtNonAscii(ReadOnlySpan<byte> text, int at, uint lead, out int length)
    {
        // Two- and three-byte characters by hand; the rest, and whatever looks wrong, by the library.
        if (lead is >= 0xC2 and < 0xE0 && at + 1 < text.Length && (text[at + 1] & 0xC0) == 0x80)
        {
            length = 2;
            return Of(((lead & 0x1F) << 6) | (text[at + 1] & 0x3Fu));
        }

        if (lead is >= 0xE0 and < 0xF0 && at + 2 < text.Length && (text[at + 1] & 0xC0) == 0x80 && (text[at + 2] & 0xC0) == 0x80)
        {
            uint rune3 = ((lead & 0x0F) << 12) | ((text[at + 1] & 0x3Fu) << 6) | (text[at + 2] & 0x3Fu);
            bool overlong = rune3 < 0x800, surrogate = (rune3 & 0xF800) == 0xD800;
            if (!overlong && !surrogate)
            {
                length = 3;
                return Of(rune3);
            }
        }

        Rune.DecodeFromUtf8(text[at..], out Rune rune, out length); // gives U+FFFD and its extent where invalid
        return Of((uint)rune.Value);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // hot within the first call, while a vocabulary loads
    private static RuneClass[] BuildPages()
    {
        // Planes 4 to 13, 15 and 16 hold nothing but unassigned and private code points, all of one class.
        List<RuneClass> pages = [];
        Dictionary<string, ushort> known = [];
        Span<char> key = stackalloc char[1 << PageBits];
        for (int page = 0; page < PageOf.Length; page++)
        {
            bool uniform = page >= 0x40000 >> PageBits && page >> (16 - PageBits) != 0xE;
            for (int i = 0; i < key.Length; i++) key[i] = (char)Classify(uniform ? 0x40000 : (page << PageBits) + i);

            if (!known.TryGetValue(key.ToString(), out ushort stored))
            {
                stored = (ushort)known.Count;
                known.Add(key.ToString(), stored);
                foreach (char c in key) pages.Add((RuneClass)c);
            }

            PageOf[page] = stored;
        }

        return [.. pages];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // hot within the first call, while a vocabulary loads
    private static RuneClass Classify(int rune)
    {
        RuneClass result = CharUnicodeInfo.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter => RuneClass.Letter | RuneClass.Head,
            UnicodeCategory.LowercaseLetter => RuneClass.Letter | RuneClass.Tail,
            UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => RuneClass.Letter | RuneClass.Head | RuneClass.Tail,
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => RuneClass.Head | RuneClass.Tail,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => RuneClass.Number,
            _ => RuneClass.None,
        };

        if (rune <= char.MaxValue && char.IsWhiteSpace((char)rune)) result |= RuneClass.Space; // no white space beyond the first plane
        if (rune is '\r' or '\n') result |= RuneClass.NewLine;
        if ((result & (RuneClass.Space | RuneClass.Letter | RuneClass.Number)) == 0) result |= RuneClass.Symbol;
        if ((result & (RuneClass.NewLine | RuneClass.Letter | RuneClass.Number)) == 0) result |= RuneClass.Prefix;
        return result;
    }
}
