using System.Buffers;

namespace Puna.Tokenizers.Bpe;

/// <summary>
/// Byte-level BPE: text is cut by a <see cref="SplitPattern"/>, each piece merged from its bytes. Every text can be
/// encoded, and decoding gives back its bytes. Made by <see cref="TiktokenFile"/>, <see cref="GgufTokenizerLoader"/> or
/// <see cref="TokenizerJsonFile"/>.
/// </summary>
internal sealed class BytePairTokenizer : Tokenizer
{
    private const int StackParts = 128;

    private readonly TokenIndex _index;
    private readonly PieceScanner _scanner;
    private readonly MergeSource _merges;
    private readonly bool _wholePieceFirst;
    private readonly int[] _byteIds = new int[256];
    private readonly PieceCache _cache = new();

    /// <param name="source">What the vocabulary was read from, for messages.</param>
    /// <param name="store">All tokens.</param>
    /// <param name="special">Names and roles.</param>
    /// <param name="index">The normal tokens of <paramref name="store"/>.</param>
    /// <param name="merges">Merge order.</param>
    /// <param name="pattern">Split pattern.</param>
    /// <param name="wholePieceFirst">A piece that is a token is not merged ("ignore merges").</param>
    /// <exception cref="TokenizerFormatException">A byte has no token.</exception>
    internal BytePairTokenizer(
        string source, TokenStore store, SpecialTokens special, TokenIndex index, MergeSource merges, SplitPattern pattern, bool wholePieceFirst)
        : base(store, special)
    {
        _index = index;
        _scanner = PieceScanner.For(pattern);
        _merges = merges;
        _wholePieceFirst = wholePieceFirst;
        Pattern = pattern;
        for (int b = 0; b < 256; b++)
        {
            _byteIds[b] = index.Find([(byte)b]);
            if (_byteIds[b] < 0)
                throw new TokenizerFormatException(source, "tokens", $"no token for the single byte 0x{b:X2}; a byte-level vocabulary has all 256.");
        }
    }

    /// <summary>How text is cut before merging.</summary>
    public SplitPattern Pattern { get; }

    internal IEnumerable<(int Left, int Right, int Result)> MergesInOrder() => _merges.InOrder();

    private protected override int FindText(ReadOnlySpan<byte> utf8) => _index.Find(utf8);

    private protected override void EncodeFragment(ReadOnlySpan<byte> utf8, bool first, List<int> output)
    {
        for (int start = 0; start < utf8.Length;)
        {
            int end = _scanner.NextPiece(utf8, start);
            EncodePiece(utf8[start..end], output);
            start = end;
        }
    }

    private void EncodePiece(ReadOnlySpan<byte> piece, List<int> output)
    {
        if (piece.Length == 1)
        {
            output.Add(_byteIds[piece[0]]);
            return;
        }

        uint hash = TokenIndex.Hash(piece);
        if (_wholePieceFirst && piece.Length <= _index.MaxLength && _index.Find(piece, hash) is var whole && whole >= 0)
        {
            output.Add(whole);
            return;
        }

        if (_cache.TryGet(hash, piece, out ReadOnlySpan<int> known))
        {
            output.AddRange(known);
            return;
        }

        int[]? rented = piece.Length <= StackParts ? null : ArrayPool<int>.Shared.Rent(piece.Length * 2 + 1);
        Span<int> scratch = rented ?? stackalloc int[StackParts * 2 + 1];
        Span<int> ids = scratch[..piece.Length], starts = scratch.Slice(piece.Length, piece.Length + 1);
        for (int i = 0; i < piece.Length; i++) (ids[i], starts[i]) = (_byteIds[piece[i]], i);
        starts[piece.Length] = piece.Length;

        ids = ids[..PairMerger.Merge(_merges, piece, starts, ids)];
        output.AddRange(ids);
        _cache.Add(hash, piece, ids);
        if (rented is not null) ArrayPool<int>.Shared.Return(rented);
    }
}
