using Puna.Tokenizers.Unicode;

namespace Puna.Safety.Obfuscation;

/// <summary>A text as it reads after some passes, with ranges in the original.</summary>
/// <param name="Passes">What was undone; none for the text itself.</param>
/// <param name="Text">The text that comes of it.</param>
public sealed record TextVariant(ObfuscationPasses Passes, MappedText Text)
{
    /// <summary>The original range of UTF-16 units [start, end) of this variant's string.</summary>
    public (int Start, int End) OriginalRange(int start, int end)
    {
        _index ??= Text.ToStringWithIndex();
        int[] scalarOf = _index.Value.ScalarOf;
        int last = scalarOf.Length - 1;
        return Text.OriginalRange(scalarOf[Math.Clamp(start, 0, last)], end > start ? scalarOf[Math.Clamp(end - 1, 0, last)] + (end - 1 < last ? 1 : 0) : scalarOf[Math.Clamp(start, 0, last)]);
    }

    /// <summary>The variant as a string.</summary>
    public string String => (_index ??= Text.ToStringWithIndex()).Text;

    private (string Text, int[] ScalarOf)? _index;
}
