namespace Puna.Tokenizers.SentencePiece;

/// <summary>U+2581, by which SentencePiece spells a space inside tokens.</summary>
internal static class SpaceMark
{
    public static ReadOnlySpan<byte> Utf8 => "\u2581"u8;

    /// <summary>Text with every space turned into a mark.</summary>
    public static byte[] ToMarks(ReadOnlySpan<byte> utf8)
    {
        byte[] marked = new byte[utf8.Length + (utf8.Count((byte)' ') * (Utf8.Length - 1))];
        int written = 0;
        foreach (byte b in utf8)
        {
            if (b != (byte)' ') marked[written++] = b;
            else
            {
                Utf8.CopyTo(marked.AsSpan(written));
                written += Utf8.Length;
            }
        }

        return marked;
    }

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
