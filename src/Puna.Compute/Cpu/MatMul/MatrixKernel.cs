namespace Puna.Compute.Cpu.MatMul;

/// <summary>
/// One way to compute a region of y = x Wᵀ for one element type. Stateless; several threads call it at once with
/// different regions and scratch. All kernels of an element type give the same bits.
/// </summary>
/// <remarks><see cref="MatrixKernels"/> decides which is used.</remarks>
internal abstract unsafe class MatrixKernel
{
    /// <summary>Short name of the variant, such as <c>avx2</c>.</summary>
    public abstract string Variant { get; }

    /// <summary>Instructions that it needs.</summary>
    public abstract CpuLevel Level { get; }

    /// <summary>Reads <see cref="WideTile"/> instead of <see cref="Blocks.TokenTile"/>.</summary>
    public virtual bool ReadsWideTiles => false;

    /// <summary>Form of x that is read.</summary>
    public abstract ActivationForm Form { get; }

    /// <summary>Outputs are divided in multiples of this for <paramref name="tokens"/> tokens.</summary>
    public abstract int OutputUnit(int k, int tokens);

    /// <summary>Tokens are divided in multiples of this.</summary>
    public abstract int TokenUnit { get; }

    /// <summary>Bytes of scratch that a call for <see cref="OutputUnit"/> outputs and any number of tokens needs.</summary>
    public abstract long ScratchBytes(int k, int tokens);

    /// <summary>Computes a region.</summary>
    /// <param name="product">Operands.</param>
    /// <param name="region">Starts at multiples of the units.</param>
    /// <param name="scratch">The caller's own, <see cref="ScratchBytes"/> bytes, aligned to 64.</param>
    public abstract void Run(in MatrixProduct product, in MatrixRegion region, byte* scratch);
}
