namespace Puna.Compute.Cpu.Assembler;

/// <summary>Owns executable memory that holds one piece of code. The code may run on several threads until it is disposed.</summary>
internal sealed unsafe class MachineCode : IDisposable
{
    private readonly ICodePages _pages;
    private readonly nuint _bytes;
    private nint _address;

    private MachineCode(ICodePages pages, nint address, nuint bytes) => (_pages, _address, _bytes) = (pages, address, bytes);

    /// <summary>The pages of this system.</summary>
    internal static ICodePages SystemPages { get; } = OperatingSystem.IsWindows() ? new WindowsCodePages() : new UnixCodePages();

    /// <summary>First byte.</summary>
    /// <exception cref="ObjectDisposedException">The code was given back.</exception>
    internal nint Address
    {
        get
        {
            ObjectDisposedException.ThrowIf(_address == 0, this);
            return _address;
        }
    }

    /// <summary>Copies code into pages that are executable after; null where the system refuses such pages.</summary>
    /// <param name="pages">Where pages come from.</param>
    /// <param name="code">Code that runs at any address.</param>
    internal static MachineCode? TryLoad(ICodePages pages, ReadOnlySpan<byte> code)
    {
        nuint bytes = ((nuint)code.Length + pages.PageSize - 1) / pages.PageSize * pages.PageSize;
        nint address = pages.Map(bytes);
        if (address == 0) return null;

        code.CopyTo(new Span<byte>((void*)address, code.Length));
        if (pages.Seal(address, bytes)) return new MachineCode(pages, address, bytes);

        pages.Unmap(address, bytes);
        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_address != 0) _pages.Unmap(_address, _bytes);
        _address = 0;
    }
}
