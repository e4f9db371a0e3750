using Puna.Tensors;

namespace Puna.Conversion;

/// <summary>A tensor of the output.</summary>
/// <param name="Name">GGUF name.</param>
/// <param name="Shape">Sizes, innermost first.</param>
/// <param name="Rows">Where its values come from.</param>
/// <param name="Type">Type it gets.</param>
internal sealed record PlannedTensor(string Name, long[] Shape, WeightRows Rows, ElementType Type)
{
    /// <summary>Bytes it takes in the output.</summary>
    internal long Bytes => Type.ByteSize(Rows.RowLength) * Rows.Count;

    /// <summary>True when values that were rounded to blocks once are to be rounded to other blocks.</summary>
    internal bool IsRequantized => Rows.StoredType.IsQuantized() && Type.IsQuantized() && Rows.StoredType != Type;
}
