using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace Puna.Tokenizers;

/// <summary>
/// Text to token ids and back. Immutable after construction and safe to use from several threads at once.
/// </summary>
/// <remarks>
/// Unpaired surrogates in <c>char</c> text become U+FFFD. Bytes that are not UTF-8 (<see cref="EncodeUtf8(ReadOnlySpan{byte}, bool, bool)"/>)
/// are kept: they split words as U+FFFD would, and decoding gives back the same bytes. Special tokens come out only
/// where the caller says that the text is trusted.
/// </remarks>
public abstract class Tokenizer
{
    private readonly SpecialTokens _special;
    private readonly SpecialTokenMatcher _trustedMatcher; // in trusted text
    private readonly SpecialTokenMatcher _alwaysMatcher;  // in any text

    private protected Tokenizer(TokenStore store, SpecialTokens special)
    {
        Store = store;
        _special = special;
        _trustedMatcher = new SpecialTokenMatcher(store, kind => kind is TokenKind.Control or TokenKind.Unknown or TokenKind.UserDefined);
        _alwaysMatcher = new SpecialTokenMatcher(store, kind => kind is TokenKind.UserDefined);
    }

    private protected TokenStore Store { get; }

    /// <summary>Number of ids.</summary>
    public int VocabSize => Store.Count;

    /// <summary>Begin-of-text token; null when the vocabulary names none.</summary>
    public int? BosId => _special.Roles.Bos;

    /// <summary>End token of the model's kind (turn or text); null when the vocabulary names none.</summary>
    public int? EosId => _special.Roles.Eos;

    /// <summary>Padding token; null when the vocabulary names none.</summary>
    public int? PadId => _special.Roles.Pad;

    /// <summary>Token for text that cannot be spelled; null when the vocabulary names none.</summary>
    public int? UnknownId => _special.Roles.Unknown;

    /// <summary>Whether the model file asks for a BOS before plain text. Rendered chat templates contain their own.</summary>
    public bool AddsBos => _special.Roles.AddBos;

    /// <summary>Ids after which generation stops, found by name and by metadata, ascending.</summary>
    public IReadOnlyList<int> EndOfGenerationIds => _special.EndOfGenerationIds;

    /// <summary>True for an id after which generation stops.</summary>
    public bool IsEndOfGeneration(int id) => _special.IsEndOfGeneration(id);

    /// <summary>What the token is for.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is outside the vocabulary.</exception>
    public TokenKind GetKind(int id) => Store.Kind(Checked(id));

    /// <summary>True for tokens that carry no text of their own: control, unknown and unused ones.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is outside the vocabulary.</exception>
    public bool IsSpecial(int id) => GetKind(id) is TokenKind.Control or TokenKind.Unknown or TokenKind.Unused;

    /// <summary>Bytes the token stands for; of special tokens, the UTF-8 of their name. Owned by the tokenizer.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is outside the vocabulary.</exception>
    public ReadOnlySpan<byte> GetTokenBytes(int id) => Store.Bytes(Checked(id));

    /// <summary>Looks up a token by its spelling, special tokens first.</summary>
    public bool TryGetId(ReadOnlySpan<char> tokenText, out int id)
    {
        if (_special.TryGetId(tokenText, out id)) return true;

        id = FindText(Encoding.UTF8.GetBytes(tokenText.ToArray()));
        return id >= 0;
    }

    /// <summary>Tokenizes text.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="addBos">Put BOS first, unless trusted text already starts with it.</param>
    /// <param name="parseSpecial">The text is trusted: spelled-out special tokens become their ids.</param>
    /// <exception cref="InvalidOperationException">BOS is asked for and the vocabulary has none.</exception>
    public int[] Encode(ReadOnlySpan<char> text, bool addBos, bool parseSpecial = false)
    {
        List<int> output = new(text.Length / 3 + 8);
        Encode(text, addBos, parseSpecial, output);
        return [.. output];
    }

    /// <summary>As <see cref="Encode(ReadOnlySpan{char}, bool, bool)"/>, appending to <paramref name="output"/>.</summary>
    public void Encode(ReadOnlySpan<char> text, bool addBos, bool parseSpecial, List<int> output)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetByteCount(text));
        int length = Encoding.UTF8.GetBytes(text, buffer);
        EncodeUtf8(buffer.AsSpan(0, length), addBos, parseSpecial, output);
        ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>Tokenizes UTF-8; invalid sequences are kept byte for byte.</summary>
    public int[] EncodeUtf8(ReadOnlySpan<byte> utf8, bool addBos, bool parseSpecial = false)
    {
        List<int> output = new(utf8.Length / 3 + 8);
        EncodeUtf8(utf8, addBos, parseSpecial, output);
        return [.. output];
    }

    /// <summary>As <see cref="EncodeUtf8(ReadOnlySpan{byte}, bool, bool)"/>, appending to <paramref name="output"/>.</summary>
    public void EncodeUtf8(ReadOnlySpan<byte> utf8, bool addBos, bool parseSpecial, List<int> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        ReadOnlySpan<(int, int)> all = [(0, utf8.Length)];
        Encode(utf8, parseSpecial ? all : [], addBos, output);
    }

    /// <summary>
    /// Tokenizes a rendered prompt. Words merge across segment borders as if the segments were one string, but no special
    /// token is read from untrusted text or across the border of a trusted one.
    /// </summary>
    /// <exception cref="InvalidOperationException">BOS is asked for and the vocabulary has none.</exception>
    public int[] Encode(IReadOnlyList<PromptSegment> segments, bool addBos)
    {
        ArgumentNullException.ThrowIfNull(segments);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(segments.Sum(s => Encoding.UTF8.GetByteCount(s.Text)));
        List<(int Start, int End)> trusted = [];
        int length = 0;
        foreach (PromptSegment segment in segments)
        {
            int end = length + Encoding.UTF8.GetBytes(segment.Text, buffer.AsSpan(length));
            if (segment.Trusted && trusted.Count > 0 && trusted[^1].End == length) trusted[^1] = (trusted[^1].Start, end);
            else if (segment.Trusted) trusted.Add((length, end));
            length = end;
        }

        List<int> output = new(length / 3 + 8);
        Encode(buffer.AsSpan(0, length), CollectionsMarshal.AsSpan(trusted), addBos, output);
        ArrayPool<byte>.Shared.Return(buffer);
        return [.. output];
    }

    /// <summary>Text of the tokens. Bytes that are not UTF-8 become U+FFFD.</summary>
    /// <param name="ids">Tokens.</param>
    /// <param name="includeSpecial">Write special tokens by name; otherwise they are left out.</param>
    /// <param name="continuation">
    /// The tokens continue an earlier text, so a leading space is text. Otherwise SentencePiece vocabularies drop the one
    /// space that encoding put in front. No effect on byte-level vocabularies.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside the vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> ids, bool includeSpecial = false, bool continuation = false) =>
        Encoding.UTF8.GetString(DecodeBytes(ids, includeSpecial, continuation));

    /// <summary>As <see cref="Decode"/>, without interpreting the bytes.</summary>
    public byte[] DecodeBytes(ReadOnlySpan<int> ids, bool includeSpecial = false, bool continuation = false)
    {
        ArrayBufferWriter<byte> output = new(ids.Length * 4 + 16);
        bool atStart = !continuation;
        foreach (int id in ids) output.Write(BytesInText(id, includeSpecial, ref atStart));

        return output.WrittenSpan.ToArray();
    }

    /// <summary>What a token adds to a text.</summary>
    /// <param name="id">Token.</param>
    /// <param name="includeSpecial">Special tokens add their name rather than nothing.</param>
    /// <param name="atStart">True until the first token of text; updated.</param>
    internal ReadOnlySpan<byte> BytesInText(int id, bool includeSpecial, ref bool atStart)
    {
        ReadOnlySpan<byte> bytes = GetTokenBytes(id);
        if (IsSpecial(id)) return includeSpecial ? bytes : default;

        bool first = atStart;
        atStart = false;
        return first && DropsLeadingSpace && bytes.StartsWith(" "u8) ? bytes[1..] : bytes;
    }

    /// <summary>True when encoding puts a space in front of the text, which decoding takes away.</summary>
    private protected virtual bool DropsLeadingSpace => false;

    /// <summary>The id of an ordinary token by its bytes, or -1.</summary>
    private protected abstract int FindText(ReadOnlySpan<byte> utf8);

    /// <summary>Appends the tokens of text between special tokens.</summary>
    /// <param name="utf8">Not empty; may hold invalid sequences.</param>
    /// <param name="first">True when nothing precedes it but BOS.</param>
    /// <param name="output">Receives the ids.</param>
    private protected abstract void EncodeFragment(ReadOnlySpan<byte> utf8, bool first, List<int> output);

    private void Encode(ReadOnlySpan<byte> text, ReadOnlySpan<(int Start, int End)> trusted, bool addBos, List<int> output)
    {
        int start = output.Count;
        if (addBos) output.Add(BosId ?? throw new InvalidOperationException("BOS was asked for, but the vocabulary names no BOS token. Encode with addBos: false."));

        int done = 0, range = 0;
        while (done < text.Length)
        {
            int at = FindSpecial(text, done, trusted, ref range, out int id, out int length);
            int end = at < 0 ? text.Length : at;
            if (end > done) EncodeFragment(text[done..end], done == 0, output);
            if (at >= 0) output.Add(id);
            done = end + length;
        }

        // A template that prints BOS itself must not yield two.
        if (addBos && output.Count > start + 1 && output[start + 1] == output[start]) output.RemoveAt(start);
    }

    private int FindSpecial(ReadOnlySpan<byte> text, int from, ReadOnlySpan<(int Start, int End)> trusted, ref int range, out int id, out int length)
    {
        (int at, id, length) = (-1, -1, 0);
        for (; range < trusted.Length; range++)
        {
            (int start, int end) = trusted[range];
            if (start < end && from < end) at = _trustedMatcher.Find(text[..end], Math.Max(from, start), out id, out length);
            if (at >= 0) break;
        }

        if (_alwaysMatcher.IsEmpty) return at;

        int userAt = _alwaysMatcher.Find(text, from, out int userId, out int userLength);
        if (userAt < 0 || (at >= 0 && (userAt > at || (userAt == at && userLength <= length)))) return at;

        (id, length) = (userId, userLength);
        return userAt;
    }

    private int Checked(int id) => (uint)id < (uint)VocabSize
        ? id
        : throw new ArgumentOutOfRangeException(nameof(id), id, $"Token id {id} is outside the vocabulary of {VocabSize} tokens.");
}
