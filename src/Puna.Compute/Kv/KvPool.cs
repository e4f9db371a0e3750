namespace Puna.Compute.Kv;

/// <summary>
/// Memory of the pages of one layer class, in a backend's own memory. Knows nothing of sequences: who may read or must
/// copy a page is decided by its reference counts, kept here, and by the cache that holds them.
/// Not safe for concurrent use, except that ops may read and write distinct pages in parallel.
/// </summary>
public abstract class KvPool : IDisposable
{
    private UnmanagedList<int> _referenceCounts, _free;

    /// <summary>Sets the shape.</summary>
    protected KvPool(KvLayout layout) => Layout = layout.Validated();

    /// <summary>Shape of every page.</summary>
    public KvLayout Layout { get; }

    /// <summary>Pages in use.</summary>
    public int UsedPages => _referenceCounts.Count - _free.Count;

    /// <summary>Pages for which memory is held, used or free.</summary>
    public int AllocatedPages => _referenceCounts.Count;

    /// <summary>Takes a page with one reference; its contents are undefined.</summary>
    public int Rent()
    {
        int page;
        if (_free.Count > 0)
        {
            page = _free.RemoveLast();
            _referenceCounts[page] = 1;
            return page;
        }

        page = _referenceCounts.Count;
        AddPage();
        _referenceCounts.Add(1);
        return page;
    }

    /// <summary>Adds a reference.</summary>
    public void Share(int page) => _referenceCounts[page]++;

    /// <summary>References to a page.</summary>
    public int References(int page) => _referenceCounts[page];

    /// <summary>Drops a reference; the page is free when none is left.</summary>
    public void Release(int page)
    {
        if (_referenceCounts[page] < 1) throw new InvalidOperationException($"Page {page} is free already.");
        if (--_referenceCounts[page] == 0) _free.Add(page);
    }

    /// <summary>Copies all of one page to another.</summary>
    public abstract void CopyPage(int from, int to);

    /// <summary>Copies a page out, <see cref="KvLayout.PageBytes"/> bytes, for saving.</summary>
    public abstract void Export(int page, Span<byte> destination);

    /// <summary>Fills a page, for loading.</summary>
    public abstract void Import(int page, ReadOnlySpan<byte> source);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        _referenceCounts.Dispose();
        _free.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Makes room for one page more, with the next number.</summary>
    protected abstract void AddPage();

    /// <summary>Frees the memory.</summary>
    protected abstract void Dispose(bool disposing);
}
