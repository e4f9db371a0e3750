namespace Puna.Tensors.Quantization;

/// <summary>
/// One block of a quantized format: a value type with the exact byte layout of the file, and the plain decoder that
/// defines what its bytes mean.
/// </summary>
/// <remarks>
/// Fields are little-endian, as in the file; mapping a file in place on a big-endian machine is not supported.
/// Every faster decoder is tested to give the same bits as <see cref="Decode"/>.
/// </remarks>
public interface IQuantizedBlock<TSelf>
    where TSelf : unmanaged, IQuantizedBlock<TSelf>
{
    /// <summary>The element type whose blocks these are; gives length and bytes of the block.</summary>
    static abstract ElementType Type { get; }

    /// <summary>Decodes one block in scalar code.</summary>
    /// <param name="block">The block.</param>
    /// <param name="x">Exactly one block of values, [32] or [256].</param>
    static abstract void Decode(ref readonly TSelf block, Span<float> x);
}
