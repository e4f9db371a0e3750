using System.Text;
using System.Text.Unicode;

namespace Puna.Extraction.Documents;

/// <summary>Bytes to text: UTF-8, or UTF-16 with a byte order mark. Nothing is guessed and nothing replaced.</summary>
internal static class PlainText
{
    internal static string Decode(ReadOnlySpan<byte> bytes, int maxCharacters)
    {
        string text = bytes.StartsWith(Encoding.Unicode.Preamble) ? Utf16(bytes[2..], bigEndian: false)
            : bytes.StartsWith(Encoding.BigEndianUnicode.Preamble) ? Utf16(bytes[2..], bigEndian: true)
            : Utf8Text(bytes.StartsWith(Encoding.UTF8.Preamble) ? bytes[3..] : bytes);
        int nul = text.IndexOf('\0', StringComparison.Ordinal);
        if (nul >= 0) throw new DocumentException($"character {nul} is NUL, which no text has; this is a binary file.");
        if (text.Length > maxCharacters) throw new DocumentException($"it has {text.Length} characters; the most that is read is {maxCharacters}. Split it.");
        return text;
    }

    private static string Utf8Text(ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes)) return Encoding.UTF8.GetString(bytes);

        int place = 0;
        while (Rune.DecodeFromUtf8(bytes[place..], out _, out int consumed) == System.Buffers.OperationStatus.Done) place += consumed;
        throw new DocumentException($"byte {place} (0x{bytes[place]:x2}) is not UTF-8. If the text is in an older encoding, convert it: iconv -f WINDOWS-1252 -t UTF-8.");
    }

    private static string Utf16(ReadOnlySpan<byte> bytes, bool bigEndian)
    {
        try
        {
            return new UnicodeEncoding(bigEndian, byteOrderMark: false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException error)
        {
            throw new DocumentException($"it starts as UTF-16 and byte {error.Index + 2} is not; the file is damaged.", error);
        }
    }
}
