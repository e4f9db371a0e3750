using System.Numerics;

namespace Puna.Tokenizers;

/// <summary>Only listed pairs of tokens merge, in the order of the list (GPT-2 and <c>tokenizer.json</c> vocabularies).</summary>
internal sealed class PairListMerges : MergeSource
{
    private readonly record struct Slot(ulong Pair, long Merge); // Merge is stored plus 1; 0 marks an empty slot

    private readonly Slot[] _slots;
    private readonly int _shift;

    /// <param name="merges">Left token, right token, resulting token; the first entry merges first.</param>
    public PairListMerges(IReadOnlyList<(int Left, int Right, int Result)> merges)
    {
        int bits = BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, merges.Count * 2)));
        _slots = new Slot[1 << bits];
        _shift = 64 - bits;
        for (int rank = 0; rank < merges.Count; rank++)
        {
            (int left, int right, int result) = merges[rank];
            ref Slot slot = ref Locate(Key(left, right));
            if (slot.Merge == 0) slot = new Slot(Key(left, right), Pack(rank, result) + 1); // a repeated pair keeps its first rank
        }
    }

    public override long Find(ReadOnlySpan<byte> text, int start, int mid, int end, int left, int right)
    {
        if ((left | right) < 0) return None; // a character without a token of its own

        long merge = Locate(Key(left, right)).Merge;
        return merge == 0 ? None : merge - 1;
    }

    public override IEnumerable<(int Left, int Right, int Result)> InOrder() =>
        _slots.Where(s => s.Merge != 0).OrderBy(s => s.Merge).Select(s => ((int)(s.Pair >> 32), (int)(uint)s.Pair, (int)(uint)(s.Merge - 1)));

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private ref Slot Locate(ulong pair)
    {
        int i = (int)((pair * 0x9E3779B97F4A7C15) >> _shift);
        while (_slots[i].Merge != 0 && _slots[i].Pair != pair) i = (i + 1) & (_slots.Length - 1);

        return ref _slots[i];
    }
}
