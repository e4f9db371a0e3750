using Puna.Tensors;

namespace Puna.Conversion;

/// <summary>What a finished conversion wrote.</summary>
/// <param name="Path">The file.</param>
/// <param name="Tensors">Number of tensors.</param>
/// <param name="Parameters">Elements of all tensors.</param>
/// <param name="SourceBytes">Tensor bytes of those that were converted, as the source stores them.</param>
/// <param name="Bytes">Tensor bytes written.</param>
/// <param name="BytesByType">Tensor bytes written by element type.</param>
/// <param name="LeftOut">Tensors of the source that no part of the output holds, such as a vision tower.</param>
public sealed record ConversionResult(string Path, int Tensors, long Parameters, long SourceBytes, long Bytes,
    IReadOnlyDictionary<ElementType, long> BytesByType, IReadOnlyList<string> LeftOut)
{
    /// <summary>Bits a parameter takes on average.</summary>
    public double BitsPerWeight => 8.0 * Bytes / Math.Max(1, Parameters);
}
