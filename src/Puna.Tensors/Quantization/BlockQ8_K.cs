using System.Runtime.InteropServices;

namespace Puna.Tensors.Quantization;

/// <summary>Blocks of 256 signed 8-bit quants with a float32 scale and sums of 16; activations only, never in files.</summary>
/// <remarks>
/// <code>x[e] = d * q[e]</code>
/// The sums serve the minimum term of dot products with Q2_K, Q4_K and Q5_K weights.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 292, Pack = 1)]
public unsafe struct BlockQ8_K : IQuantizedBlock<BlockQ8_K>
{
    /// <summary>Scale d.</summary>
    [FieldOffset(0)] public float Scale;

    /// <summary>Quants.</summary>
    [FieldOffset(4)] public fixed sbyte Quants[256];

    /// <summary>Sums[t] = sum of quants 16t to 16t + 15.</summary>
    [FieldOffset(260)] public fixed short Sums[16];

    /// <inheritdoc/>
    public static ElementType Type => ElementType.Q8_K;

    /// <inheritdoc/>
    public static void Decode(ref readonly BlockQ8_K block, Span<float> x)
    {
        for (int e = 0; e < 256; e++) x[e] = block.Scale * block.Quants[e];
    }
}
