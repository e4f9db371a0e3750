namespace Puna.Tokenizers.Bpe;

/// <summary>
/// Llama 4's pattern. With H = <c>[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]</c>, T = <c>[\p{Ll}\p{Lm}\p{Lo}\p{M}]</c>,
/// P = <c>[^\r\n\p{L}\p{N}]</c> and C = <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)</c>:
/// <c>P?H*T+C?|P?H+T*C?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>
/// </summary>
/// <remarks>Source: Meta llama-models, models/llama4/tokenizer.py.</remarks>
internal sealed class Llama4Scanner : PieceScanner
{
    public override int NextPiece(ReadOnlySpan<byte> text, int start)
    {
        RuneClass rune = RuneClasses.At(text, start, out int length);
        if ((rune & RuneClass.Number) != 0) return UpToThreeNumbers(text, start);

        int wordEnd = WordEnd(text, start, rune, start + length);
        if (wordEnd > start) return ContractionEnd(text, wordEnd, ignoreCase: true);

        // ` ?[^\s\p{L}\p{N}]+[\r\n/]*`
        int symbols = text[start] == ' ' ? start + 1 : start;
        int at = RuneClasses.RunEnd(text, symbols, RuneClass.Symbol);
        if (at == symbols) return SpaceEnd(text, start, breakAfterNewLine: true);

        while (at < text.Length && text[at] is (byte)'\r' or (byte)'\n' or (byte)'/') at++;
        return at;
    }

    // End of P?H*T+ or else P?H+T*, without the contraction; `start` when neither matches.
    private static int WordEnd(ReadOnlySpan<byte> text, int start, RuneClass rune, int afterFirst)
    {
        bool prefix = (rune & RuneClass.Prefix) != 0;
        bool word = (rune & (RuneClass.Head | RuneClass.Tail)) != 0;
        int headEnd = start;
        if (prefix)
        {
            if (MatchHeadTail(text, afterFirst, out headEnd) is var end && end >= 0) return end;
            if (headEnd == afterFirst) headEnd = start; // H+ needs one
        }

        if (word)
        {
            // Without the prefix: a letter, or a mark that was tried as prefix above. A mark always matches H*T+ here.
            if (MatchHeadTail(text, start, out int ownHeadEnd) is var end && end >= 0) return end;
            if (headEnd == start) headEnd = ownHeadEnd;
        }

        // H*T+ failed, so nothing of T follows H+.
        return headEnd;
    }

    // End of H*T+ from `start`, or -1; `headEnd` is where H* alone would end.
    private static int MatchHeadTail(ReadOnlySpan<byte> text, int start, out int headEnd)
    {
        int at = start, afterLastBoth = -1;
        RuneClass rune = RuneClass.None;
        int length = 0;
        while (at < text.Length && ((rune = RuneClasses.At(text, at, out length)) & RuneClass.Head) != 0)
        {
            at += length;
            if ((rune & RuneClass.Tail) != 0) afterLastBoth = at;
        }

        headEnd = at;
        if (at < text.Length && (rune & RuneClass.Tail) != 0) return RuneClasses.RunEnd(text, at + length, RuneClass.Tail);

        // H* gives back until T+ can take one: the last character that is of both classes.
        return afterLastBoth;
    }
}
