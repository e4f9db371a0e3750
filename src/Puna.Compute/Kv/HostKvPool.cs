using System.Runtime.CompilerServices;
using Puna.Tensors.Storage;

namespace Puna.Compute.Kv;

/// <summary>Pages in main memory, each allocated on its own when first needed, aligned to 64 bytes.</summary>
internal sealed unsafe class HostKvPool : KvPool
{
    private readonly List<NativeStorage> _pages = [];

    /// <summary>An empty pool.</summary>
    public HostKvPool(KvLayout layout)
        : base(layout)
    {
    }

    /// <summary>First byte of a page.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* PagePointer(int page) => _pages[page].Pointer;

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
    protected override void AddPage() => _pages.Add(NativeStorage.Allocate(Layout.PageBytes));

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        foreach (NativeStorage page in _pages) page.Dispose();
        _pages.Clear();
    }
}
