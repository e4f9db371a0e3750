using System.Globalization;
using System.Text;
using Puna.Tokenizers.Unicode;

namespace Puna.Tokenizers.SentencePiece.Normalizers;

/// <summary>Steps one after the other.</summary>
internal sealed class SequenceNormalizer(IReadOnlyList<INormalizer> steps) : INormalizer
{
    public MappedText Apply(MappedText text) => steps.Aggregate(text, (current, step) => step.Apply(current));
}

/// <summary>One of the Unicode normalization forms.</summary>
internal sealed class FormNormalizer(NormalizationForm form) : INormalizer
{
    public MappedText Apply(MappedText text) => UnicodeNormalization.Normalize(text, form);
}

/// <summary>Removes white space at the ends.</summary>
internal sealed class StripNormalizer(bool left, bool right) : INormalizer
{
    public MappedText Apply(MappedText text)
    {
        int first = 0, end = text.Length;
        while (left && first < end && IsWhiteSpace(text[first])) first++;
        while (right && end > first && IsWhiteSpace(text[end - 1])) end--;
        return text.Slice(first, end);
    }

    internal static bool IsWhiteSpace(int scalar) => Rune.IsWhiteSpace(new Rune(scalar));
}

/// <summary>Lower case, character by character.</summary>
internal sealed class LowercaseNormalizer : INormalizer
{
    public MappedText Apply(MappedText text) => text.Map(scalar => Rune.ToLowerInvariant(new Rune(scalar)).Value);
}

/// <summary>Removes marks that take no space; accents count as such once decomposed.</summary>
internal sealed class StripAccentsNormalizer : INormalizer
{
    public MappedText Apply(MappedText text) => text.Map(scalar => Rune.GetUnicodeCategory(new Rune(scalar)) == UnicodeCategory.NonSpacingMark ? -1 : scalar);
}

/// <summary>Puts text in front, unless there is none to put it in front of.</summary>
internal sealed class PrependNormalizer(string prefix) : INormalizer
{
    public MappedText Apply(MappedText text)
    {
        if (text.Length == 0) return text;

        MappedText.Builder builder = new(text.Length + prefix.Length);
        builder.Add(prefix, text.StartOf(0), text.StartOf(0));
        for (int i = 0; i < text.Length; i++) builder.Add(text, i);
        return builder.Build();
    }
}

/// <summary>Drops control characters and writes unusual white space as spaces, as translation models were trained with.</summary>
internal sealed class NmtNormalizer : INormalizer
{
    public MappedText Apply(MappedText text) => text.Map(static scalar => scalar switch
    {
        (>= 0x1 and <= 0x8) or 0xB or (>= 0xE and <= 0x1F) or 0x7F or 0x8F or 0x9F => -1,
        0x9 or 0xA or 0xC or 0xD or 0x1680 or (>= 0x200B and <= 0x200F) or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD => ' ',
        _ => scalar,
    });
}
