using Puna.Compute;
using Puna.Compute.Kv;

namespace Puna.Models.Cache;

/// <summary>
/// Keys and values of several sequences, in pages. A step is <see cref="Reserve"/>, the forward pass, <see cref="Commit"/>;
/// a pass that fails is simply not committed. Owns its pools. Not safe for concurrent use.
/// </summary>
/// <remarks>
/// Reserve and Commit allocate nothing on the managed heap once a batch of the same size was seen, except when a page
/// table or a pool grows; see <see cref="EnsureCapacity"/>.
/// </remarks>
public sealed partial class KvCache : IDisposable
{
    private const int Closed = -1;

    private readonly KvClassPages[] _classes;
    private readonly KvLayer[] _layers;
    private readonly int[] _firstPos;
    private readonly int[] _nextPos; // Closed where the slot is free
    private readonly int[] _endPos;  // after the batch at hand
    private readonly int[] _touched; // slots with rows in the batch at hand
    private int _touchedCount;

    /// <summary>An empty cache.</summary>
    /// <param name="backend">Makes the pools; outlives the cache.</param>
    /// <param name="geometry">The model's layers and heads.</param>
    /// <param name="options">Element type, page size and limits.</param>
    /// <exception cref="ArgumentException">A size is not possible, or the type cannot hold the model's heads.</exception>
    public KvCache(IBackend backend, KvGeometry geometry, KvCacheOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxSequences, 1, "MaxSequences");
        ArgumentOutOfRangeException.ThrowIfNegative(options.MemoryLimit ?? 0, "MemoryLimit");
        ArgumentOutOfRangeException.ThrowIfNegative(options.KeepForRollback, "KeepForRollback");
        Geometry = geometry.Validated();
        Options = options;

        KvLayout[] layouts = [.. geometry.Classes.Select(c => geometry.LayoutOf(c, options.Type, options.PageTokens))];
        foreach (KvLayout layout in layouts)
        {
            if (layout.PageBytes > Array.MaxLength)
                throw new ArgumentException($"A cache page of {layout.PageBytes} bytes is too large: use fewer than {options.PageTokens} tokens in a page.");
        }

        _classes = new KvClassPages[layouts.Length];
        _layers = new KvLayer[geometry.NLayers];
        for (int c = 0; c < layouts.Length; c++)
        {
            KvLayerClass layerClass = geometry.Classes[c];
            _classes[c] = new KvClassPages(layerClass, backend.CreateKvPool(layouts[c]), options.MaxSequences);
            for (int i = 0; i < layerClass.Layers.Length; i++)
                _layers[layerClass.Layers[i]] = new KvLayer(_classes[c].Pool, i, _classes[c].Tables);
        }

        _firstPos = new int[options.MaxSequences];
        _nextPos = new int[options.MaxSequences];
        _endPos = new int[options.MaxSequences];
        _touched = new int[options.MaxSequences];
        Array.Fill(_nextPos, Closed);
    }

    /// <summary>The model's layers and heads.</summary>
    public KvGeometry Geometry { get; }

    /// <summary>Element type, page size and limits.</summary>
    public KvCacheOptions Options { get; }

    /// <summary>Bytes of the pages that sequences use; a shared page counts once.</summary>
    public long UsedBytes
    {
        get
        {
            long bytes = 0;
            foreach (KvClassPages pages in _classes) bytes += pages.Pool.UsedPages * pages.Pool.Layout.PageBytes;
            return bytes;
        }
    }

    /// <summary>Bytes of page memory held, used or free for reuse: what <see cref="KvCacheOptions.MemoryLimit"/> limits.</summary>
    public long AllocatedBytes
    {
        get
        {
            long bytes = 0;
            foreach (KvClassPages pages in _classes) bytes += pages.Pool.AllocatedPages * pages.Pool.Layout.PageBytes;
            return bytes;
        }
    }

    /// <summary>What the ops of one layer of the model read and write.</summary>
    /// <param name="modelLayer">0 to the number of layers - 1.</param>
    internal KvLayer LayerOf(int modelLayer) => _layers[modelLayer];

    /// <summary>True when <paramref name="slot"/> holds a sequence.</summary>
    public bool IsOpen(int slot) => (uint)slot < (uint)_nextPos.Length && _nextPos[slot] != Closed;

    /// <summary>First position of a sequence.</summary>
    public int FirstPos(int slot) => _firstPos[CheckOpen(slot)];

    /// <summary>Position of the next token of a sequence.</summary>
    public int NextPos(int slot) => _nextPos[CheckOpen(slot)];

    /// <summary>Tokens in a sequence, whether or not local layers still hold them.</summary>
    public int Length(int slot) => _nextPos[CheckOpen(slot)] - _firstPos[slot];

    /// <summary>Begins an empty sequence.</summary>
    /// <param name="firstPos">Position of its first token.</param>
    /// <returns>The slot that batches name it by.</returns>
    /// <exception cref="KvCacheFullException">All slots are taken.</exception>
    public int Open(int firstPos = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstPos);
        int slot = FreeSlot();
        foreach (KvClassPages pages in _classes) pages.Start(slot, firstPos);
        _firstPos[slot] = firstPos;
        _nextPos[slot] = firstPos;
        return slot;
    }

    /// <summary>Ends a sequence. Its pages are free unless a fork still uses them.</summary>
    public void Close(int slot)
    {
        CheckOpen(slot);
        foreach (KvClassPages pages in _classes) pages.Close(slot);
        _nextPos[slot] = Closed;
    }

    /// <summary>
    /// Begins a sequence with the same committed contents. Pages are shared until one of the two writes to them, so a batch
    /// of <paramref name="slot"/> that is reserved and not yet computed must be reserved again.
    /// </summary>
    /// <exception cref="KvCacheFullException">All slots are taken.</exception>
    public int Fork(int slot)
    {
        CheckOpen(slot);
        int fork = FreeSlot();
        foreach (KvClassPages pages in _classes) pages.Fork(slot, fork, _nextPos[slot]);
        _firstPos[fork] = _firstPos[slot];
        _nextPos[fork] = _nextPos[slot];
        return fork;
    }

    /// <summary>
    /// Makes room in the page tables for <paramref name="positions"/> tokens more, so that adding them does not allocate
    /// on the managed heap. Takes no pages.
    /// </summary>
    public void EnsureCapacity(int slot, int positions)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(positions);
        long end = (long)_nextPos[CheckOpen(slot)] + positions;
        foreach (KvClassPages pages in _classes) pages.EnsureCapacity(slot, end);
    }

    /// <summary>
    /// Makes every row's position writable: its page is there in every class and belongs to the row's sequence alone
    /// (shared pages are copied). Does all of it or nothing.
    /// </summary>
    /// <exception cref="KvPositionException">A row does not continue its sequence.</exception>
    /// <exception cref="KvCacheFullException">The memory limit would be passed.</exception>
    public void Reserve(Batch batch)
    {
        CollectRows(batch);
        foreach (KvClassPages pages in _classes)
        {
            pages.ClearPlan();
            foreach (int slot in Touched) pages.Plan(slot, _nextPos[slot], _endPos[slot]);
        }

        TakePlannedPages();
    }

    /// <summary>
    /// Counts the rows of a finished pass to their sequences and drops the chunks they finished, except what
    /// <see cref="KvCacheOptions.KeepForRollback"/> keeps.
    /// </summary>
    /// <exception cref="KvPositionException">A row does not continue its sequence: the batch was committed before.</exception>
    /// <exception cref="InvalidOperationException">The batch was not reserved.</exception>
    public void Commit(Batch batch)
    {
        CollectRows(batch);
        foreach (int slot in Touched)
        {
            foreach (KvClassPages pages in _classes)
            {
                if ((long)pages.Tables[slot].EndPage * Options.PageTokens < _endPos[slot])
                    throw new InvalidOperationException($"Sequence {slot} has no pages up to position {_endPos[slot] - 1}: reserve the batch before the pass.");
            }
        }

        foreach (int slot in Touched)
        {
            _nextPos[slot] = _endPos[slot];
            FreeFinished(slot, Options.KeepForRollback);
        }
    }

    /// <summary>
    /// Drops the pages of local layers that no token from <paramref name="keepForRollback"/> before the next one on can
    /// see. A page on the border of two chunks stays until both are finished.
    /// </summary>
    internal void FreeFinished(int slot, int keepForRollback = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(keepForRollback);
        int pos = Math.Max(_firstPos[CheckOpen(slot)], _nextPos[slot] - keepForRollback);
        foreach (KvClassPages pages in _classes) pages.DropFinished(slot, pos);
    }

    /// <summary>Takes tokens back: <paramref name="nextPos"/> becomes the next position. Pages after it are freed.</summary>
    /// <param name="slot">The sequence.</param>
    /// <param name="nextPos">From the first position of the sequence to its present next one.</param>
    /// <exception cref="KvRollbackException">Local layers have dropped the chunk that the position lies in.</exception>
    public void Truncate(int slot, int nextPos)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(nextPos, _firstPos[CheckOpen(slot)]);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(nextPos, _nextPos[slot]);

        int rollbackPoint = RollbackPoint(slot, nextPos);
        if (rollbackPoint != nextPos)
        {
            int earliest = _firstPos[slot];
            foreach (KvClassPages pages in _classes) earliest = Math.Max(earliest, pages.Earliest(slot));
            throw new KvRollbackException(slot, nextPos, earliest, rollbackPoint);
        }

        foreach (KvClassPages pages in _classes) pages.Truncate(slot, nextPos);
        _nextPos[slot] = nextPos;
    }

    /// <summary>
    /// The last position up to <paramref name="pos"/> that the sequence can be truncated to: itself while its chunk is
    /// held, or else the start of its chunk, where local layers need nothing of what they dropped. Reusing a prompt's first
    /// <paramref name="pos"/> tokens computes only those from there on again.
    /// </summary>
    public int RollbackPoint(int slot, int pos)
    {
        int point = Math.Clamp(pos, _firstPos[CheckOpen(slot)], _nextPos[slot]);
        for (bool moved = true; moved;)
        {
            moved = false;
            foreach (KvClassPages pages in _classes)
            {
                if (pages.CanGoBackTo(slot, point)) continue;

                point = pages.VisibleFrom(slot, point);
                moved = true;
            }
        }

        return point;
    }

    /// <summary>Frees all pages.</summary>
    public void Dispose()
    {
        foreach (KvClassPages pages in _classes) pages.Dispose();
    }

    private ReadOnlySpan<int> Touched => _touched.AsSpan(0, _touchedCount);

    private void CollectRows(Batch batch)
    {
        _touchedCount = 0;
        ReadOnlySpan<int> slots = batch.Sequences, positions = batch.Positions;
        for (int row = 0; row < slots.Length; row++) _endPos[CheckOpen(slots[row])] = Closed;

        for (int row = 0; row < slots.Length; row++)
        {
            int slot = slots[row];
            if (_endPos[slot] == Closed)
            {
                _endPos[slot] = _nextPos[slot];
                _touched[_touchedCount++] = slot;
            }

            if (positions[row] != _endPos[slot]) throw new KvPositionException(row, slot, positions[row], _endPos[slot]);
            if (positions[row] == int.MaxValue)
                throw new ArgumentOutOfRangeException(nameof(batch), positions[row], $"Row {row}: positions end at {int.MaxValue - 1}.");

            _endPos[slot]++;
        }
    }

    private void TakePlannedPages()
    {
        long growth = 0;
        foreach (KvClassPages pages in _classes) growth += pages.PlannedGrowth;
        long held = AllocatedBytes;
        if (growth > 0 && Options.MemoryLimit is { } limit && growth > limit - held)
            throw KvCacheFullException.Bytes(growth, held, limit);

        try
        {
            foreach (KvClassPages pages in _classes) pages.RentPlanned();
            foreach (KvClassPages pages in _classes) pages.ApplyPlan();
        }
        finally
        {
            foreach (KvClassPages pages in _classes) pages.ReturnRented(); // nothing, unless memory ran out
        }
    }

    private int FreeSlot()
    {
        int slot = Array.IndexOf(_nextPos, Closed);
        return slot >= 0 ? slot : throw KvCacheFullException.Sequences(_nextPos.Length);
    }

    private int CheckOpen(int slot) =>
        IsOpen(slot) ? slot : throw new ArgumentOutOfRangeException(nameof(slot), slot, $"The KV cache has no open sequence {slot} (slots 0 to {_nextPos.Length - 1}).");
}
