using System.Buffers;

namespace Puna.Tokenizers;

/// <summary>
/// Merges neighbouring parts of a text until none can be merged: each step takes the lowest rank, leftmost on ties.
/// Short texts are scanned, long ones use a heap: n log n whatever the text.
/// </summary>
internal static class PairMerger
{
    private const int ScanLimit = 48; // parts; below this rescanning is cheaper than a heap

    private readonly record struct Candidate(long Priority, int Id, int Start, int End);

    /// <summary>Merges in place.</summary>
    /// <param name="source">What may merge.</param>
    /// <param name="text">The bytes the parts lie in.</param>
    /// <param name="starts">Start of each part in <paramref name="text"/>, then the end of the last: [parts + 1].</param>
    /// <param name="ids">Token of each part, -1 for none: [parts].</param>
    /// <returns>Parts left; the first of <paramref name="starts"/> (plus the end) and <paramref name="ids"/> hold them.</returns>
    public static int Merge(MergeSource source, ReadOnlySpan<byte> text, Span<int> starts, Span<int> ids)
    {
        if (ids.Length < 2) return ids.Length;

        return ids.Length <= ScanLimit ? MergeByScan(source, text, starts, ids) : MergeByHeap(source, text, starts, ids);
    }

    internal static int MergeByScan(MergeSource source, ReadOnlySpan<byte> text, Span<int> starts, Span<int> ids)
    {
        int count = ids.Length;
        long[]? rented = count <= ScanLimit ? null : ArrayPool<long>.Shared.Rent(count);
        Span<long> merges = rented ?? stackalloc long[ScanLimit]; // merges[i]: part i with part i + 1
        for (int i = 0; i + 1 < count; i++) merges[i] = source.Find(text, starts[i], starts[i + 1], starts[i + 2], ids[i], ids[i + 1]);

        while (count > 1)
        {
            int best = 0;
            for (int i = 1; i + 1 < count; i++)
            {
                if (merges[i] >> 32 < merges[best] >> 32) best = i;
            }

            if (merges[best] == MergeSource.None) break;

            ids[best] = (int)merges[best];
            ids[(best + 2)..count].CopyTo(ids[(best + 1)..]);
            starts[(best + 2)..(count + 1)].CopyTo(starts[(best + 1)..]);
            if (best + 2 < count) merges[(best + 2)..count].CopyTo(merges[(best + 1)..]);
            count--;

            if (best + 1 < count) merges[best] = source.Find(text, starts[best], starts[best + 1], starts[best + 2], ids[best], ids[best + 1]);
            if (best > 0) merges[best - 1] = source.Find(text, starts[best - 1], starts[best], starts[best + 1], ids[best - 1], ids[best]);
        }

        if (rented is not null) ArrayPool<long>.Shared.Return(rented);
        return count;
    }

    internal static int MergeByHeap(MergeSource source, ReadOnlySpan<byte> text, Span<int> starts, Span<int> ids)
    {
        int count = ids.Length;
        int[] links = ArrayPool<int>.Shared.Rent(count * 2);
        Span<int> next = links.AsSpan(0, count);             // part after part i; count after the last; Dead when merged away
        Span<int> previous = links.AsSpan(count, count);     // part before part i
        const int Dead = -2;
        CandidateHeap heap = new(count);
        for (int i = 0; i < count; i++) (next[i], previous[i]) = (i + 1, i - 1);
        for (int i = 0; i + 1 < count; i++) Push(source, text, starts, ids, next, i, count, ref heap);

        while (heap.TryPop(out Candidate candidate))
        {
            // A candidate is stale once either of its parts has grown or gone. Parts never shrink, so equal ends mean
            // the same two parts.
            int left = candidate.Start, right = next[left];
            if (right == Dead || right == count || starts[next[right]] != candidate.End) continue;

            ids[left] = candidate.Id;
            next[left] = next[right];
            if (next[right] < count) previous[next[right]] = left;
            next[right] = Dead;

            Push(source, text, starts, ids, next, left, count, ref heap);
            if (previous[left] >= 0) Push(source, text, starts, ids, next, previous[left], count, ref heap);
        }

        int kept = 0;
        for (int i = 0; i < count; i = next[i])
        {
            starts[kept] = starts[i];
            ids[kept++] = ids[i];
        }

        starts[kept] = starts[count];
        heap.Dispose();
        ArrayPool<int>.Shared.Return(links);
        return kept;
    }

    private static void Push(
        MergeSource source, ReadOnlySpan<byte> text, Span<int> starts, Span<int> ids, Span<int> next, int left, int count, ref CandidateHeap heap)
    {
        int right = next[left];
        if (right >= count) return;

        int end = starts[next[right]];
        long merge = source.Find(text, starts[left], starts[right], end, ids[left], ids[right]);
        if (merge == MergeSource.None) return;

        // Rank first, then position: the lower half of the priority is where the part starts.
        heap.Push(new Candidate((merge & ~0xFFFFFFFFL) | (uint)left, (int)merge, left, end));
    }

    /// <summary>Binary min-heap in a pooled array.</summary>
    private struct CandidateHeap(int capacity) : IDisposable
    {
        private Candidate[] _items = ArrayPool<Candidate>.Shared.Rent(capacity);
        private int _count;

        public void Push(Candidate item)
        {
            if (_count == _items.Length) Grow();

            int i = _count++;
            while (i > 0 && _items[(i - 1) >> 1].Priority > item.Priority)
            {
                _items[i] = _items[(i - 1) >> 1];
                i = (i - 1) >> 1;
            }

            _items[i] = item;
        }

        public bool TryPop(out Candidate top)
        {
            top = default;
            if (_count == 0) return false;

            top = _items[0];
            Candidate last = _items[--_count];
            int i = 0;
            for (int child = 1; child < _count; child = 2 * i + 1)
            {
                if (child + 1 < _count && _items[child + 1].Priority < _items[child].Priority) child++;
                if (_items[child].Priority >= last.Priority) break;

                _items[i] = _items[child];
                i = child;
            }

            _items[i] = last;
            return true;
        }

        public readonly void Dispose() => ArrayPool<Candidate>.Shared.Return(_items);

        private void Grow()
        {
            Candidate[] larger = ArrayPool<Candidate>.Shared.Rent(_items.Length * 2);
            _items.CopyTo(larger, 0);
            ArrayPool<Candidate>.Shared.Return(_items);
            _items = larger;
        }
    }
}
