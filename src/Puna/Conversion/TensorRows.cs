using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Conversion;

/// <summary>Rows of a tensor that lie one after another, whatever its number of dimensions.</summary>
internal sealed unsafe class TensorRows(Tensor tensor) : WeightRows
{
    internal override ElementType StoredType => tensor.Type;

    internal override int RowLength { get; } = checked((int)tensor.Shape[0]);

    internal override long Count => tensor.Rows;

    internal override void Decode(long first, Span<float> values) => Dequantizer.Dequantize(tensor.Type, Stored(first, values.Length / RowLength), values);

    internal override ReadOnlySpan<byte> Stored(long first, int count) => new(tensor.RowPointer(first), checked((int)(tensor.RowBytes * count)));
}
