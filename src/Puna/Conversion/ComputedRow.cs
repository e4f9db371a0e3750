using Puna.Tensors;

namespace Puna.Conversion;

/// <summary>One row that the source does not store but implies.</summary>
internal sealed class ComputedRow(float[] values) : WeightRows
{
    internal override ElementType StoredType => ElementType.F32;

    internal override int RowLength => values.Length;

    internal override long Count => 1;

    internal override void Decode(long first, Span<float> destination) => values.CopyTo(destination);
}
