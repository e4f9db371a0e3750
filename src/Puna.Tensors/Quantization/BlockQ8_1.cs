using System.Runtime.InteropServices;

namespace Puna.Tensors.Quantization;

/// <summary>Blocks of 32 signed 8-bit quants with scale and sum; 9 bits per value. Activations only, never in files.</summary>
/// <remarks>
/// <code>x[e] = d * q[e]</code>, and <code>s = d * sum of q</code> serves the offset term of Q4_1 and Q5_1 dot products.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 36, Pack = 1)]
public unsafe struct BlockQ8_1 : IQuantizedBlock<BlockQ8_1>
{
    /// <summary>Scale d.</summary>
    [FieldOffset(0)] public Half Scale;

    /// <summary>d times the sum of the quants.</summary>
    [FieldOffset(2)] public Half Sum;

    /// <summary>Quants.</summary>
    [FieldOffset(4)] public fixed sbyte Quants[32];

    /// <inheritdoc/>
    public static ElementType Type => ElementType.Q8_1;

    /// <inheritdoc/>
    public static void Decode(ref readonly BlockQ8_1 block, Span<float> x)
    {
        float d = (float)block.Scale;
        for (int e = 0; e < 32; e++) x[e] = d * block.Quants[e];
    }
}
