namespace Puna.Compute.Cpu.Assembler;

/// <summary>
/// The kernels of one format, assembled when first asked for and kept for the life of the process. After one refusal no more are asked
/// for. Safe from several threads.
/// </summary>
internal sealed class CodeLibrary(BlockAssembly assembly, ICodePages pages)
{
    private readonly CodeCache _cache = new(pages);
    private readonly nint[] _rows = new nint[RowAssembly.MaxTokens + 1], _panels = new nint[MatMul.WideTile.Tokens + 1];
    private nint _pack;

    /// <summary>Address of the kernel for few tokens, or 0 where the system refuses executable memory.</summary>
    internal nint Rows(int tokens)
    {
        nint address = Volatile.Read(ref _rows[tokens]);
        return address != 0 || _cache.IsRefused ? address : _cache.Load(ref _rows[tokens], assembly.Rows(tokens));
    }

    /// <summary>Address of the packing kernel, or 0.</summary>
    internal nint Pack()
    {
        nint address = Volatile.Read(ref _pack);
        return address != 0 || _cache.IsRefused ? address : _cache.Load(ref _pack, assembly.Pack());
    }

    /// <summary>Address of the panel kernel, or 0.</summary>
    internal nint Panel(int tokens)
    {
        nint address = Volatile.Read(ref _panels[tokens]);
        return address != 0 || _cache.IsRefused ? address : _cache.Load(ref _panels[tokens], assembly.Panel(tokens));
    }
}
