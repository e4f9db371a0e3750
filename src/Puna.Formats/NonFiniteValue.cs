namespace Puna.Formats;

/// <summary>A stored number that is NaN or infinite: a scale of a quantized block, or a plain float.</summary>
/// <param name="Tensor">Name of the tensor.</param>
/// <param name="Block">Index of the block (for plain floats: of the element), counted over the whole tensor.</param>
/// <param name="Offset">First byte of the number, counted from the start of the tensor's data.</param>
/// <param name="Bits">The number's bits.</param>
public readonly record struct NonFiniteValue(string Tensor, long Block, long Offset, ulong Bits);
