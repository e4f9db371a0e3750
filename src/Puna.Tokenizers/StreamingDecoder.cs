using System.Text;

namespace Puna.Tokenizers;

/// <summary>
/// Turns ids into text as they arrive, whole characters only: bytes of an unfinished character are held back until the
/// rest comes. All pieces together equal <see cref="Tokenizer.Decode"/> of all ids. Not thread-safe; allocates only when
/// a token is longer than any before.
/// </summary>
public sealed class StreamingDecoder
{
    private readonly Tokenizer _tokenizer;
    private readonly bool _includeSpecial;
    private readonly bool _continuation;
    private readonly Decoder _utf8 = Encoding.UTF8.GetDecoder();
    private char[] _chars = new char[128];
    private bool _atStart;

    /// <param name="tokenizer">The tokenizer of the ids.</param>
    /// <param name="includeSpecial">As for <see cref="Tokenizer.Decode"/>.</param>
    /// <param name="continuation">As for <see cref="Tokenizer.Decode"/>: true when the ids continue a prompt's text.</param>
    public StreamingDecoder(Tokenizer tokenizer, bool includeSpecial = false, bool continuation = false)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        _tokenizer = tokenizer;
        _includeSpecial = includeSpecial;
        _continuation = continuation;
        _atStart = !continuation;
    }

    /// <summary>Takes one more token.</summary>
    /// <returns>The text that became certain, often empty; valid until the next call.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The id is outside the vocabulary.</exception>
    public ReadOnlySpan<char> Append(int id) => Convert(_tokenizer.BytesInText(id, _includeSpecial, ref _atStart), flush: false);

    /// <summary>Ends the text: what was held back becomes U+FFFD. The decoder is then ready for another text.</summary>
    /// <returns>The rest of the text; valid until the next call.</returns>
    public ReadOnlySpan<char> Flush()
    {
        _atStart = !_continuation;
        return Convert(default, flush: true);
    }

    private ReadOnlySpan<char> Convert(ReadOnlySpan<byte> bytes, bool flush)
    {
        // At most a char per byte, and up to two for what an earlier token left behind.
        if (_chars.Length < bytes.Length + 4) _chars = new char[bytes.Length * 2 + 4];

        return _chars.AsSpan(0, _utf8.GetChars(bytes, _chars, flush));
    }
}
