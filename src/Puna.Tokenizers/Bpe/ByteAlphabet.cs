using System.Runtime.CompilerServices;
using System.Text;

namespace Puna.Tokenizers.Bpe;

/// <summary>
/// GPT-2's way of writing bytes as printable characters: 33-126, 161-172 and 174-255 stand for themselves, the other 68
/// bytes in order for U+0100 and on (so a space is U+0120).
/// </summary>
internal static class ByteAlphabet
{
    private const int Characters = 0x100 + 68;

    private static readonly short[] ByteOf = Build();

    /// <summary>Turns characters of the alphabet into the bytes they stand for.</summary>
    /// <param name="utf8">Spelling, as UTF-8.</param>
    /// <param name="bytes">At least as long as <paramref name="utf8"/>.</param>
    /// <returns>Bytes written, or -1 when a character is not of the alphabet.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // hot within the first call, while a vocabulary loads
    public static int Decode(ReadOnlySpan<byte> utf8, Span<byte> bytes)
    {
        int written = 0;
        while (!utf8.IsEmpty)
        {
            uint rune = utf8[0];
            int length = 1;
            if (rune is >= 0xC2 and <= 0xC5 && utf8.Length > 1 && (utf8[1] & 0xC0) == 0x80)
            {
                rune = ((rune & 0x1F) << 6) | (utf8[1] & 0x3Fu);
                length = 2;
            }
            else if (rune >= 0x80)
            {
                return -1;
            }

            if (rune >= Characters || ByteOf[rune] < 0) return -1;

            bytes[written++] = (byte)ByteOf[rune];
            utf8 = utf8[length..];
        }

        return written;
    }

    /// <summary>Spells bytes in the alphabet.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new(bytes.Length);
        foreach (byte b in bytes) text.Append((char)Array.IndexOf(ByteOf, b));

        return text.ToString();
    }

    private static short[] Build()
    {
        short[] byteOf = new short[Characters];
        Array.Fill(byteOf, (short)-1);
        int next = 0x100;
        for (short b = 0; b < 256; b++)
        {
            bool printable = b is (>= 33 and <= 126) or (>= 161 and <= 172) or >= 174;
            byteOf[printable ? b : next++] = b;
        }

        return byteOf;
    }
}
