namespace Puna.Tokenizers.Bpe;

/// <summary>
/// Llama 3's pattern: <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>
/// </summary>
/// <remarks>Source: Meta llama-models, models/llama3/tokenizer.py.</remarks>
internal sealed class Llama3Scanner : PieceScanner
{
    public override int NextPiece(ReadOnlySpan<byte> text, int start)
    {
        int contraction = ContractionEnd(text, start, ignoreCase: true);
        if (contraction > start) return contraction;

        RuneClass rune = RuneClasses.At(text, start, out int length);
        if ((rune & RuneClass.Number) != 0) return UpToThreeNumbers(text, start);

        // A letter, or one other character and a letter.
        int letters = (rune & RuneClass.Prefix) != 0 ? start + length : start;
        int at = RuneClasses.RunEnd(text, letters, RuneClass.Letter);
        if (at > letters) return at;

        int symbols = text[start] == ' ' ? start + 1 : start;
        at = RuneClasses.RunEnd(text, symbols, RuneClass.Symbol);
        if (at == symbols) return SpaceEnd(text, start, breakAfterNewLine: true);

        while (at < text.Length && text[at] is (byte)'\r' or (byte)'\n') at++;
        return at;
    }
}
