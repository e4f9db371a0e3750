namespace Puna.Tokenizers.Bpe;

/// <summary>
/// Remembers how recent pieces were merged: a direct-mapped table of fixed size whose entries replace one another. Safe
/// for concurrent use; entries are immutable and published whole.
/// </summary>
internal sealed class PieceCache
{
    private const int Slots = 1 << 13;
    private const int MaxPieceLength = 64; // bytes: longer pieces hardly ever recur

    private sealed record Entry(uint Hash, byte[] Piece, int[] Ids);

    private readonly Entry?[] _slots = new Entry?[Slots];

    public bool TryGet(uint hash, ReadOnlySpan<byte> piece, out ReadOnlySpan<int> ids)
    {
        Entry? entry = Volatile.Read(ref _slots[hash & (Slots - 1)]);
        if (entry is null || entry.Hash != hash || !piece.SequenceEqual(entry.Piece))
        {
            ids = default;
            return false;
        }

        ids = entry.Ids;
        return true;
    }

    public void Add(uint hash, ReadOnlySpan<byte> piece, ReadOnlySpan<int> ids)
    {
        if (piece.Length <= MaxPieceLength) Volatile.Write(ref _slots[hash & (Slots - 1)], new Entry(hash, piece.ToArray(), ids.ToArray()));
    }
}
