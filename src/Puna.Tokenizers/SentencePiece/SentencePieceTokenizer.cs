using System.Buffers;
using System.Text;

namespace Puna.Tokenizers.SentencePiece;

/// <summary>
/// SentencePiece BPE as Llama 2 uses it: text is merged from its characters in the order of token scores; a character
/// without a token is spelled in byte tokens, or else becomes the unknown token. Made by
/// <see cref="GgufTokenizerLoader"/> or <see cref="TokenizerJsonFile"/>.
/// </summary>
/// <remarks>
/// Spaces and U+2581 in a text are the same thing to such a vocabulary; decoding gives spaces. Source of the algorithm:
/// google/sentencepiece, src/bpe_model.cc.
/// </remarks>
internal sealed class SentencePieceTokenizer : Tokenizer
{
    private const int StackParts = 128;

    private readonly TokenIndex _index;
    private readonly MergeSource _merges;
    private readonly int[] _byteIds; // -1 where the vocabulary has no such byte token
    private readonly SpacePrefix _prefix;
    private readonly bool _wordsAreIndependent;

    internal SentencePieceTokenizer(TokenStore store, SpecialTokens special, TokenIndex index, MergeSource merges, int[] byteIds, SpacePrefix prefix)
        : base(store, special)
    {
        _index = index;
        _merges = merges;
        _byteIds = byteIds;
        _prefix = prefix;
        _wordsAreIndependent = SpacesOnlyLead(store);
    }

    /// <summary>Where a space is put in front of text.</summary>
    internal SpacePrefix Prefix => _prefix;

    internal IEnumerable<(int Left, int Right, int Result)> MergesInOrder() => _merges.InOrder();

    private protected override bool DropsLeadingSpace => _prefix != SpacePrefix.None;

    private protected override int FindText(ReadOnlySpan<byte> utf8)
    {
        byte[] spaced = new byte[utf8.Length];
        return _index.Find(spaced.AsSpan(0, SpaceMark.ToSpaces(utf8, spaced)));
    }

    private protected override void EncodeFragment(ReadOnlySpan<byte> utf8, bool first, List<int> output)
    {
        bool prefixed = _prefix == SpacePrefix.EveryFragment || (_prefix == SpacePrefix.FirstFragment && first);
        if (!prefixed && utf8.IndexOf(SpaceMark.Utf8) < 0)
        {
            EncodeWords(utf8, output);
            return;
        }

        byte[] spaced = ArrayPool<byte>.Shared.Rent(utf8.Length + 1);
        spaced[0] = (byte)' ';
        int start = prefixed ? 0 : 1;
        int length = SpaceMark.ToSpaces(utf8, spaced.AsSpan(1)) + 1 - start;
        EncodeWords(spaced.AsSpan(start, length), output);
        ArrayPool<byte>.Shared.Return(spaced);
    }

    private void EncodeWords(ReadOnlySpan<byte> text, List<int> output)
    {
        while (!text.IsEmpty)
        {
            int end = _wordsAreIndependent ? WordEnd(text) : text.Length;
            EncodeWord(text[..end], output);
            text = text[end..];
        }
    }

    // Leading spaces, then everything up to the next space.
    private static int WordEnd(ReadOnlySpan<byte> text)
    {
        int word = text.IndexOfAnyExcept((byte)' ');
        int next = word < 0 ? -1 : text[word..].IndexOf((byte)' ');
        return next < 0 ? text.Length : word + next;
    }

    private void EncodeWord(ReadOnlySpan<byte> text, List<int> output)
    {
        int[]? rented = text.Length <= StackParts ? null : ArrayPool<int>.Shared.Rent(text.Length * 2 + 1);
        Span<int> scratch = rented ?? stackalloc int[StackParts * 2 + 1];
        Span<int> ids = scratch[..text.Length], starts = scratch.Slice(text.Length, text.Length + 1);
        int count = 0;
        for (int at = 0; at < text.Length; count++)
        {
            Rune.DecodeFromUtf8(text[at..], out _, out int length);
            starts[count] = at;
            ids[count] = _index.Find(text.Slice(at, length));
            at += length;
        }

        starts[count] = text.Length;
        count = PairMerger.Merge(_merges, text, starts[..(count + 1)], ids[..count]);
        for (int i = 0; i < count; i++)
        {
            if (ids[i] >= 0) output.Add(ids[i]);
            else SpellInBytes(text[starts[i]..starts[i + 1]], output);
        }

        if (rented is not null) ArrayPool<int>.Shared.Return(rented);
    }

    private void SpellInBytes(ReadOnlySpan<byte> character, List<int> output)
    {
        foreach (byte b in character)
        {
            if (_byteIds[b] >= 0) continue;

            output.Add(UnknownId!.Value); // the vocabulary was checked to have one where a byte token is missing
            return;
        }

        foreach (byte b in character) output.Add(_byteIds[b]);
    }

    // When no token has a space after another character, no merge crosses the start of a word, and words can be merged
    // one at a time.
    private static bool SpacesOnlyLead(TokenStore store)
    {
        for (int id = 0; id < store.Count; id++)
        {
            ReadOnlySpan<byte> bytes = store.Bytes(id);
            if (store.Kind(id) is TokenKind.Normal or TokenKind.UserDefined && bytes.TrimStart((byte)' ').Contains((byte)' ')) return false;
        }

        return true;
    }
}
