namespace Puna.Tokenizers;

/// <summary>
/// Any two neighbours merge when their concatenation is a token, in the order of the resulting token's rank: the id
/// itself (tiktoken vocabularies) or a rank by score (SentencePiece).
/// </summary>
internal sealed class TokenRankMerges : MergeSource
{
    private readonly TokenIndex _index;
    private readonly int[]? _ranks;
    private readonly int[] _twoByteTokens = new int[1 << 16]; // the first lookups of every piece, without hashing

    /// <param name="index">The tokens that merging may produce.</param>
    /// <param name="ranks">Rank of each id; null when ids are the ranks.</param>
    public TokenRankMerges(TokenIndex index, int[]? ranks = null)
    {
        _index = index;
        _ranks = ranks;
        Span<byte> pair = stackalloc byte[2];
        for (int i = 0; i < _twoByteTokens.Length; i++)
        {
            (pair[0], pair[1]) = ((byte)i, (byte)(i >> 8));
            _twoByteTokens[i] = index.Find(pair);
        }
    }

    public override long Find(ReadOnlySpan<byte> text, int start, int mid, int end, int left, int right)
    {
        int id = end - start == 2 ? _twoByteTokens[text[start] | (text[start + 1] << 8)] : _index.Find(text[start..end]);
        return id < 0 ? None : Pack(_ranks is null ? id : _ranks[id], id);
    }

    /// <inheritdoc/>
    /// <remarks>A token has as many merges as ways to split it into two tokens; the earlier the parts, the earlier the merge.</remarks>
    public override IEnumerable<(int Left, int Right, int Result)> InOrder() => _index.Ids
        .OrderBy(id => _ranks is null ? id : _ranks[id])
        .SelectMany(id => Splits(id).OrderBy(split => split.Left).ThenBy(split => split.Right));

    private List<(int Left, int Right, int Result)> Splits(int id)
    {
        ReadOnlySpan<byte> bytes = _index.BytesOf(id);
        List<(int, int, int)> splits = [];
        for (int mid = 1; mid < bytes.Length; mid++)
        {
            (int left, int right) = (_index.Find(bytes[..mid]), _index.Find(bytes[mid..]));
            if ((left | right) >= 0) splits.Add((left, right, id));
        }

        return splits;
    }
}
