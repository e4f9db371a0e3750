using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Puna.Compute.Kv;

/// <summary>
/// Pages in main memory, aligned to 64 bytes. They are cut from slabs of growing size, so that taking one allocates nothing
/// on the managed heap; memory of a slab that no page has been written to is not resident yet.
/// </summary>
internal sealed unsafe class HostKvPool : KvPool
{
    /// <summary>Slabs grow up to this size: large enough that they are few, and no single request is out of proportion.</summary>
    private const long MaxSlabBytes = 256L << 20;

    private const int LineBytes = 64;

    private readonly long _stride;
    private UnmanagedList<nint> _slabs, _pages;
    private int _slabPages, _slabUsed;

    /// <summary>An empty pool.</summary>
    public HostKvPool(KvLayout layout)
        : base(layout) => _stride = (Layout.PageBytes + LineBytes - 1) & ~(LineBytes - 1L);

    /// <summary>First byte of a page.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* PagePointer(int page) => (byte*)_pages[page];

    /// <inheritdoc/>
    public override void CopyPage(int from, int to) =>
        Buffer.MemoryCopy(PagePointer(from), PagePointer(to), Layout.PageBytes, Layout.PageBytes);

    /// <inheritdoc/>
    public override void Export(int page, Span<byte> destination) =>
        new ReadOnlySpan<byte>(PagePointer(page), checked((int)Layout.PageBytes)).CopyTo(destination);

    /// <inheritdoc/>
    public override void Import(int page, ReadOnlySpan<byte> source)
    {
        if (source.Length != Layout.PageBytes)
            throw new ArgumentException($"A page has {Layout.PageBytes} bytes, not {source.Length}.", nameof(source));
        source.CopyTo(new Span<byte>(PagePointer(page), source.Length));
    }

    /// <inheritdoc/>
    protected override void AddPage()
    {
        if (_slabUsed == _slabPages)
        {
            long pages = Math.Clamp(MaxSlabBytes / _stride, 1, _slabPages == 0 ? 4 : 2L * _slabPages);
            long bytes = pages * _stride;
            void* slab = NativeMemory.AlignedAlloc((nuint)bytes, bytes < HugePages.Bytes ? LineBytes : (nuint)HugePages.Bytes);
            HugePages.Advise(slab, bytes);
            _slabs.Add((nint)slab);
            (_slabPages, _slabUsed) = ((int)pages, 0);
        }

        _pages.Add(_slabs[_slabs.Count - 1] + (nint)(_slabUsed++ * _stride));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        for (int i = 0; i < _slabs.Count; i++) NativeMemory.AlignedFree((void*)_slabs[i]);
        _slabs.Dispose();
        _pages.Dispose();
    }
}
