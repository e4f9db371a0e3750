namespace Puna.Compute.Kv;

/// <summary>
/// Where the pages of one sequence lie in the pool of one layer class. Page number p (position / PageTokens) maps to a
/// page id, or to <see cref="None"/> when it was never written or its chunk is finished.
/// </summary>
public sealed class KvPageTable
{
    /// <summary>Marks a page that is not there.</summary>
    public const int None = -1;

    /// <summary>Page numbers a table has room for from the first on: 65,536 positions of 64 to a page.</summary>
    private const int MinPages = 1024;

    private int[] _pages = [];
    private int _firstPage;
    private int _count;

    /// <summary>First position the sequence holds; keys before it do not exist.</summary>
    public int FirstPos { get; private set; }

    /// <summary>Smallest page number kept.</summary>
    public int FirstPage => _firstPage;

    /// <summary>One more than the largest page number kept.</summary>
    public int EndPage => _firstPage + _count;

    /// <summary>Page id of page number <paramref name="number"/>, or <see cref="None"/>.</summary>
    public int this[int number]
    {
        get
        {
            int i = number - _firstPage;
            return (uint)i < (uint)_count ? _pages[i] : None;
        }
    }

    /// <summary>Empties the table for a sequence that begins at <paramref name="firstPos"/>.</summary>
    public void Start(int firstPos, int pageTokens)
    {
        FirstPos = firstPos;
        _firstPage = firstPos / pageTokens;
        _count = 0;
    }

    /// <summary>Makes room for page numbers below <paramref name="endPage"/>, so that adding them does not allocate.</summary>
    public void Reserve(int endPage)
    {
        int needed = endPage - _firstPage;
        if (needed > _pages.Length) Array.Resize(ref _pages, Math.Max(needed, Math.Max(MinPages, _pages.Length * 2)));
    }

    /// <summary>Appends a page id for number <see cref="EndPage"/>.</summary>
    public void Add(int page)
    {
        Reserve(EndPage + 1);
        _pages[_count++] = page;
    }

    /// <summary>Replaces the page id of a number that is kept.</summary>
    public void Set(int number, int page)
    {
        if (number < _firstPage || number >= EndPage)
            throw new ArgumentOutOfRangeException(nameof(number), number, $"Pages {_firstPage} to {EndPage - 1} are kept.");
        _pages[number - _firstPage] = page;
    }

    /// <summary>Forgets page numbers from <paramref name="endPage"/> on.</summary>
    public void TruncateTo(int endPage) => _count = Math.Clamp(endPage - _firstPage, 0, _count);

    /// <summary>Forgets page numbers below <paramref name="page"/>, shifting the rest down in place.</summary>
    public void DropBefore(int page)
    {
        int drop = Math.Clamp(page - _firstPage, 0, _count);
        if (drop == 0) return;
        Array.Copy(_pages, drop, _pages, 0, _count - drop);
        _firstPage += drop;
        _count -= drop;
    }

    /// <summary>Becomes a copy of <paramref name="other"/>.</summary>
    public void CopyFrom(KvPageTable other)
    {
        FirstPos = other.FirstPos;
        _firstPage = other._firstPage;
        _count = 0;
        Reserve(other.EndPage);
        other._pages.AsSpan(0, other._count).CopyTo(_pages);
        _count = other._count;
    }
}
