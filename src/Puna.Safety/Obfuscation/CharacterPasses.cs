using System.Collections.Frozen;
using System.Text;
using Puna.Tokenizers.Unicode;

namespace Puna.Safety.Obfuscation;

/// <summary>Passes that look at characters: hidden ones, and those that look like others.</summary>
internal static class CharacterPasses
{
    private const int TagBase = 0xE0000;

    /// <summary>Letters by the Latin letter that they look like.</summary>
    private static readonly FrozenDictionary<int, char> LooksLike = Build(
        ("a", "а α ɑ"), ("b", "Ь ƅ"), ("c", "с ϲ ⅽ"), ("d", "ԁ ɗ"), ("e", "е ҽ є"), ("f", "ғ"), ("g", "ɡ ց"), ("h", "һ հ"), ("i", "і ι ı Ꭵ"), ("j", "ј ϳ"),
        ("k", "κ к"), ("l", "ӏ ⅼ ǀ"), ("m", "м ⅿ"), ("n", "ո п ŋ"), ("o", "о ο օ σ ө"), ("p", "р ρ"), ("q", "ԛ գ"), ("r", "г ʀ"), ("s", "ѕ ꜱ"), ("t", "т τ"),
        ("u", "υ ս ц"), ("v", "ѵ ν ⅴ"), ("w", "ѡ ԝ ω"), ("x", "х χ ⅹ"), ("y", "у γ ү"), ("z", "ᴢ ʐ"),
        ("A", "А Α Ꭺ"), ("B", "В Β"), ("C", "С Ϲ"), ("D", "Ꭰ"), ("E", "Е Ε"), ("F", "Ϝ"), ("G", "Ԍ"), ("H", "Н Η"), ("I", "І Ι Ӏ"), ("J", "Ј"), ("K", "К Κ"), ("L", "Ꮮ"),
        ("M", "М Μ"), ("N", "Ν"), ("O", "О Ο Օ"), ("P", "Р Ρ"), ("Q", "Ԛ"), ("R", "Ꭱ"), ("S", "Ѕ Տ"), ("T", "Т Τ"), ("U", "Ս"), ("V", "Ѵ"), ("W", "Ԝ"), ("X", "Х Χ"), ("Y", "Υ Ү"), ("Z", "Ζ"));

    /// <summary>True for characters that show nothing and change how text reads.</summary>
    internal static bool IsInvisible(int scalar) => scalar switch
    {
        0xAD or 0x34F or 0x61C or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or 0x180E or 0x3164 or 0xFEFF or 0xFFA0 => true,
        >= 0x180B and <= 0x180D => true,
        >= 0x200B and <= 0x200F => true,
        >= 0x202A and <= 0x202E => true,
        >= 0x2060 and <= 0x206F => true,
        >= 0xFE00 and <= 0xFE0F => true,
        >= 0xFFF9 and <= 0xFFFB => true,
        >= 0x1D173 and <= 0x1D17A => true,
        >= TagBase and <= 0xE0FFF => true,
        (>= 1 and <= 8) or 0xB or 0xC or (>= 0xE and <= 0x1F) or 0x7F => true,
        _ => false,
    };

    /// <summary>True for tag characters that spell ASCII.</summary>
    internal static bool IsTag(int scalar) => scalar is >= TagBase + 0x20 and <= TagBase + 0x7E;

    internal static MappedText Tags(MappedText text) => text.Map(static scalar => IsTag(scalar) ? scalar - TagBase : scalar);

    internal static MappedText Invisible(MappedText text) => text.Map(static scalar => IsInvisible(scalar) ? -1 : scalar);

    /// <summary>
    /// Folds words that mix look-alikes with Latin letters, and words of look-alikes alone where the rest of the text is
    /// Latin: a Russian or Greek text stays what it is.
    /// </summary>
    internal static MappedText Homoglyphs(MappedText text)
    {
        int latin = 0, others = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (IsLatin(text[i])) latin++;
            else if (Rune.IsLetter(new Rune(text[i])) && !LooksLike.ContainsKey(text[i])) others++;
        }

        MappedText.Builder builder = new(text.Length);
        for (int i = 0; i < text.Length;)
        {
            int end = i;
            bool hasLatin = false, hasLookAlike = false, hasOther = false;
            while (end < text.Length && Rune.IsLetterOrDigit(new Rune(text[end])))
            {
                if (IsLatin(text[end])) hasLatin = true;
                else if (LooksLike.ContainsKey(text[end])) hasLookAlike = true;
                else if (Rune.IsLetter(new Rune(text[end]))) hasOther = true;
                end++;
            }

            bool fold = hasLookAlike && (hasLatin || (!hasOther && latin >= others));
            for (int c = i; c < end; c++)
                builder.Add(fold && LooksLike.TryGetValue(text[c], out char plain) ? plain : text[c], text.StartOf(c), text.EndOf(c));
            if (end == i) builder.Add(text, end++);
            i = end;
        }

        return builder.Build();
    }

    internal static bool IsLatin(int scalar) => scalar is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z');

    private static FrozenDictionary<int, char> Build(params (string Latin, string Others)[] rows)
    {
        Dictionary<int, char> map = [];
        foreach ((string latin, string others) in rows)
        {
            foreach (Rune rune in others.EnumerateRunes())
            {
                if (rune.Value != ' ') map.TryAdd(rune.Value, latin[0]);
            }
        }

        return map.ToFrozenDictionary();
    }
}
