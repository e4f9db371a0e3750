namespace Puna.Tokenizers.Bpe;

/// <summary>
/// Cuts text into the pieces a split pattern's regular expression would match, one after another from the start, without
/// a regex engine. Each subclass documents its pattern; the comments name the alternative they implement.
/// </summary>
internal abstract class PieceScanner
{
    /// <summary>The scanner of a pattern.</summary>
    public static PieceScanner For(SplitPattern pattern) => pattern switch
    {
        SplitPattern.Gpt2 => new Gpt2Scanner(),
        SplitPattern.Llama3 => new Llama3Scanner(),
        SplitPattern.Llama4 => new Llama4Scanner(),
        _ => throw new ArgumentOutOfRangeException(nameof(pattern), pattern, $"Split pattern {(int)pattern} is unknown."),
    };

    /// <summary>End of the piece that starts at <paramref name="start"/>.</summary>
    /// <param name="text">UTF-8, possibly with invalid sequences.</param>
    /// <param name="start">Start of a piece, before the end of the text.</param>
    public abstract int NextPiece(ReadOnlySpan<byte> text, int start);

    /// <summary><c>\s*[\r\n]+|\s+(?!\S)|\s+</c> at a white-space character.</summary>
    protected static int SpaceEnd(ReadOnlySpan<byte> text, int start, bool breakAfterNewLine)
    {
        int at = start, last = start, afterNewLine = -1;
        while (at < text.Length)
        {
            RuneClass rune = RuneClasses.At(text, at, out int length);
            if ((rune & RuneClass.Space) == 0) break;

            last = at;
            at += length;
            if ((rune & RuneClass.NewLine) != 0) afterNewLine = at;
        }

        // \s* gives back until a newline follows: the last of the run.
        if (breakAfterNewLine && afterNewLine >= 0) return afterNewLine;

        // (?!\S) holds at the end of the text, or one character earlier, before the run's last; \s+ takes a lone one.
        return at == text.Length || last == start ? at : last;
    }

    /// <summary><c>\p{N}{1,3}</c> at a number character.</summary>
    protected static int UpToThreeNumbers(ReadOnlySpan<byte> text, int start)
    {
        int at = start;
        for (int n = 0; n < 3 && at < text.Length && (RuneClasses.At(text, at, out int length) & RuneClass.Number) != 0; n++) at += length;

        return at;
    }

    /// <summary>
    /// <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)</c> at <paramref name="at"/>: its end, or <paramref name="at"/> itself. Without
    /// regard to case, U+017F is an s.
    /// </summary>
    protected static int ContractionEnd(ReadOnlySpan<byte> text, int at, bool ignoreCase)
    {
        if (at + 1 >= text.Length || text[at] != (byte)'\'') return at;

        int fold = ignoreCase ? 0x20 : 0; // maps A to a; no other ASCII character onto a lower-case letter of interest
        switch (text[at + 1] | fold)
        {
            case 's' or 't' or 'm' or 'd': return at + 2;
            case 'r' or 'v' when at + 2 < text.Length && (text[at + 2] | fold) == 'e': return at + 3;
            case 'l' when at + 2 < text.Length && (text[at + 2] | fold) == 'l': return at + 3;
        }

        return ignoreCase && text[(at + 1)..].StartsWith("ſ"u8) ? at + 3 : at;
    }
}
