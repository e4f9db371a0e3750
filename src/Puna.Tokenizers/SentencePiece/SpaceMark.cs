namespace Puna.Tokenizers.SentencePiece;

/// <summary>U+2581, by which SentencePiece spells a space inside tokens.</summary>
internal static class SpaceMark
{
    public static ReadOnlySpan<byte> Utf8 => "\u2581"u8;

    /// <summary>Copies text with every mark turned into a space.</summary>
    /// <returns>Bytes written, at most the length of <paramref name="utf8"/>.</returns>
    public static int ToSpaces(ReadOnlySpan<byte> utf8, Span<byte> destination)
    {
        int written = 0;
        for (int mark; (mark = utf8.IndexOf(Utf8)) >= 0; utf8 = utf8[(mark + Utf8.Length)..])
        {
            utf8[..mark].CopyTo(destination[written..]);
            written += mark;
            destination[written++] = (byte)' ';
        }

        utf8.CopyTo(destination[written..]);
        return written + utf8.Length;
    }
}
