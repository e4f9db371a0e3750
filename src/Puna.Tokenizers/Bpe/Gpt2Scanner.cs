namespace Puna.Tokenizers.Bpe;

/// <summary>
/// GPT-2's pattern: <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>
/// </summary>
/// <remarks>Source: OpenAI gpt-2, src/encoder.py.</remarks>
internal sealed class Gpt2Scanner : PieceScanner
{
    public override int NextPiece(ReadOnlySpan<byte> text, int start)
    {
        int contraction = ContractionEnd(text, start, ignoreCase: false);
        if (contraction > start) return contraction;

        int at = text[start] == ' ' ? start + 1 : start;
        if (at < text.Length)
        {
            RuneClass run = RuneClasses.At(text, at, out _) & (RuneClass.Letter | RuneClass.Number | RuneClass.Symbol);
            if (run != 0) return RuneClasses.RunEnd(text, at, run);
        }

        return SpaceEnd(text, start, breakAfterNewLine: false);
    }
}
