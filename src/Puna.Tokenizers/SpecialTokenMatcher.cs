using System.Buffers;

namespace Puna.Tokenizers;

/// <summary>Finds spelled-out tokens in text: the leftmost, and of several at one place the longest.</summary>
internal sealed class SpecialTokenMatcher
{
    private readonly TokenStore _store;
    private readonly int[] _sorted; // ids ordered by their bytes
    private readonly SearchValues<byte> _firstBytes;

    /// <summary>Matches tokens whose kind <paramref name="include"/> accepts.</summary>
    public SpecialTokenMatcher(TokenStore store, Func<TokenKind, bool> include)
    {
        _store = store;
        _sorted = [.. Enumerable.Range(0, store.Count).Where(id => include(store.Kind(id)) && store.Bytes(id).Length > 0)];
        Array.Sort(_sorted, (a, b) => store.Bytes(a).SequenceCompareTo(store.Bytes(b)) is var order && order != 0 ? order : a.CompareTo(b));
        _firstBytes = SearchValues.Create([.. _sorted.Select(id => store.Bytes(id)[0]).Distinct()]);
    }

    public bool IsEmpty => _sorted.Length == 0;

    /// <summary>The first token spelled at or after <paramref name="from"/>.</summary>
    /// <returns>Where it starts, or -1.</returns>
    public int Find(ReadOnlySpan<byte> text, int from, out int id, out int length)
    {
        for (int at = from; at < text.Length; at++)
        {
            int skip = text[at..].IndexOfAny(_firstBytes);
            if (skip < 0) break;

            at += skip;
            if (MatchAt(text[at..], out id))
            {
                length = _store.Bytes(id).Length;
                return at;
            }
        }

        (id, length) = (-1, 0);
        return -1;
    }

    // Narrows the sorted range byte by byte; the longest token that ends inside the range is the answer.
    private bool MatchAt(ReadOnlySpan<byte> text, out int id)
    {
        id = -1;
        int low = 0, high = _sorted.Length;
        for (int depth = 0; depth < text.Length; depth++)
        {
            low = LowerBound(low, high, depth, text[depth]);
            high = LowerBound(low, high, depth, text[depth] + 1);
            if (low == high) break;

            // Of tokens with this prefix the shortest sorts first, and equal spellings by id.
            if (_store.Bytes(_sorted[low]).Length == depth + 1) id = _sorted[low];
        }

        return id >= 0;
    }

    private int LowerBound(int low, int high, int depth, int value)
    {
        while (low < high)
        {
            int middle = (low + high) >> 1;
            ReadOnlySpan<byte> token = _store.Bytes(_sorted[middle]);
            int at = depth < token.Length ? token[depth] : -1;
            if (at < value) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
