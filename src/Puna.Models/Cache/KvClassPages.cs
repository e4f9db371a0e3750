using Puna.Compute.Kv;

namespace Puna.Models.Cache;

/// <summary>
/// Pages of one layer class for all sequences: a pool, and a page table by slot. Extends tables in two steps, so that
/// the cache can see what all classes need before any takes a page.
/// </summary>
internal sealed class KvClassPages : IDisposable
{
    private readonly record struct Extension(int Slot, int From, int End);

    private readonly int _pageTokens;
    private readonly int[] _heldFrom;
    private readonly Extension[] _planned;
    private int _plannedCount;
    private int[] _rented = [];
    private int _rentedCount;

    public KvClassPages(KvLayerClass layerClass, KvPool pool, int maxSequences)
    {
        Class = layerClass;
        Pool = pool;
        _pageTokens = pool.Layout.PageTokens;
        _heldFrom = new int[maxSequences];
        _planned = new Extension[maxSequences];
        Tables = new KvPageTable[maxSequences];
        for (int slot = 0; slot < maxSequences; slot++) Tables[slot] = new KvPageTable();
    }

    public KvLayerClass Class { get; }

    public KvPool Pool { get; }

    public KvPageTable[] Tables { get; }

    /// <summary>Pages that the planned extensions take.</summary>
    public int PlannedPages { get; private set; }

    /// <summary>Bytes by which the pool would grow for them.</summary>
    public long PlannedGrowth => Math.Max(0, PlannedPages - (Pool.AllocatedPages - Pool.UsedPages)) * Pool.Layout.PageBytes;

    /// <summary>First position that the query at <paramref name="nextPos"/> may see, in the sequence's own range.</summary>
    public int VisibleFrom(int slot, int nextPos) => Math.Max(Tables[slot].FirstPos, Class.ChunkStart(nextPos));

    /// <summary>Position from which on the sequence can go back to every one.</summary>
    public int Earliest(int slot)
    {
        int held = _heldFrom[slot];
        if (Class.ChunkSize == 0 || held == Tables[slot].FirstPos) return held;

        long chunks = ((long)held + Class.ChunkSize - 1) / Class.ChunkSize; // a chunk held in part is of no use
        return (int)Math.Min(int.MaxValue, chunks * Class.ChunkSize);
    }

    /// <summary>True when all that a query at <paramref name="nextPos"/> may see is held; a chunk's first sees only itself.</summary>
    public bool CanGoBackTo(int slot, int nextPos)
    {
        int from = VisibleFrom(slot, nextPos);
        return from == nextPos || from >= _heldFrom[slot];
    }

    public void Start(int slot, int firstPos)
    {
        Tables[slot].Start(firstPos, _pageTokens);
        _heldFrom[slot] = firstPos;
    }

    /// <summary>Begins an empty table at a later position than the sequence's first, as if all before had been dropped.</summary>
    public void StartAt(int slot, int firstPos, int pos)
    {
        KvPageTable table = Tables[slot];
        table.Start(firstPos, _pageTokens);
        for (int page = table.FirstPage; page < pos / _pageTokens; page++)
        {
            table.Add(KvPageTable.None);
            table.DropBefore(page + 1);
        }

        _heldFrom[slot] = pos;
    }

    /// <summary>Shares all pages of the committed positions of <paramref name="from"/> with <paramref name="to"/>.</summary>
    public void Fork(int from, int to, int nextPos)
    {
        KvPageTable table = Tables[to];
        table.CopyFrom(Tables[from]);
        table.TruncateTo(EndPageOf(nextPos)); // pages reserved for rows not committed stay with their owner
        for (int page = table.FirstPage; page < table.EndPage; page++) Pool.Share(table[page]);
        _heldFrom[to] = _heldFrom[from];
    }

    /// <summary>Drops all positions from <paramref name="nextPos"/> on, which must pass <see cref="CanGoBackTo"/>.</summary>
    public void Truncate(int slot, int nextPos)
    {
        KvPageTable table = Tables[slot];
        if (VisibleFrom(slot, nextPos) >= _heldFrom[slot])
        {
            ReleaseFrom(slot, EndPageOf(nextPos));
            return;
        }

        ReleaseFrom(slot, table.FirstPage);
        StartAt(slot, table.FirstPos, nextPos);
    }

    /// <summary>Drops pages of which no position can be seen from <paramref name="pos"/> on.</summary>
    public void DropFinished(int slot, int pos)
    {
        KvPageTable table = Tables[slot];
        int keep = Class.ChunkStart(pos) / _pageTokens;
        if (keep <= table.FirstPage) return;

        for (int page = table.FirstPage; page < keep; page++) Pool.Release(table[page]);
        table.DropBefore(keep);
        _heldFrom[slot] = Math.Max(_heldFrom[slot], table.FirstPage * _pageTokens);
    }

    /// <summary>Releases every page of a sequence.</summary>
    public void Close(int slot)
    {
        ReleaseFrom(slot, Tables[slot].FirstPage);
        Start(slot, 0);
    }

    /// <summary>Makes room in the page table for positions below <paramref name="endPos"/>.</summary>
    public void EnsureCapacity(int slot, long endPos) =>
        Tables[slot].Reserve((int)((endPos + _pageTokens - 1) / _pageTokens));

    public void ClearPlan()
    {
        _plannedCount = 0;
        PlannedPages = 0;
    }

    /// <summary>
    /// Plans to make positions [<paramref name="from"/>, <paramref name="end"/>) writable. Only the page of the first of
    /// them can be there and shared, since later ones were never written.
    /// </summary>
    public void Plan(int slot, int from, int end)
    {
        if (from == end) return;

        KvPageTable table = Tables[slot];
        int number = from / _pageTokens, page = table[number];
        if (page != KvPageTable.None && Pool.References(page) > 1 + SharersPlanned(number, page)) PlannedPages++;
        PlannedPages += Math.Max(0, EndPageOf(end) - table.EndPage);
        _planned[_plannedCount++] = new Extension(slot, from, end);
    }

    /// <summary>Takes the planned pages from the pool and makes room for them in the tables.</summary>
    public void RentPlanned()
    {
        if (_rented.Length < PlannedPages) Array.Resize(ref _rented, Math.Max(PlannedPages, _rented.Length * 2));
        foreach (ref readonly Extension e in _planned.AsSpan(0, _plannedCount)) Tables[e.Slot].Reserve(EndPageOf(e.End));
        while (_rentedCount < PlannedPages)
        {
            _rented[_rentedCount] = Pool.Rent();
            _rentedCount++;
        }
    }

    /// <summary>Puts the rented pages in the tables.</summary>
    public void ApplyPlan()
    {
        foreach (ref readonly Extension e in _planned.AsSpan(0, _plannedCount))
        {
            KvPageTable table = Tables[e.Slot];
            int number = e.From / _pageTokens, shared = table[number];
            if (shared != KvPageTable.None && Pool.References(shared) > 1)
            {
                int own = _rented[_rentedCount - 1];
                Pool.CopyPage(shared, own);
                table.Set(number, own);
                _rentedCount--;
                Pool.Release(shared);
            }

            for (int end = EndPageOf(e.End); table.EndPage < end; _rentedCount--) table.Add(_rented[_rentedCount - 1]);
        }
    }

    /// <summary>Gives back pages that were rented and not put in a table.</summary>
    public void ReturnRented()
    {
        while (_rentedCount > 0) Pool.Release(_rented[--_rentedCount]);
    }

    public void Dispose() => Pool.Dispose();

    // Each planned sequence that copies a shared page leaves it with one reference fewer, so the last one need not copy.
    private int SharersPlanned(int number, int page)
    {
        int count = 0;
        foreach (ref readonly Extension e in _planned.AsSpan(0, _plannedCount))
            if (e.From / _pageTokens == number && Tables[e.Slot][number] == page) count++;
        return count;
    }

    private int EndPageOf(int endPos) => (int)(((long)endPos + _pageTokens - 1) / _pageTokens);

    private void ReleaseFrom(int slot, int page)
    {
        KvPageTable table = Tables[slot];
        for (int number = Math.Max(page, table.FirstPage); number < table.EndPage; number++) Pool.Release(table[number]);
        table.TruncateTo(page);
    }
}
