using System.Runtime.InteropServices;

namespace Puna.Tensors.Quantization;

/// <summary>Blocks of 32 signed 8-bit quants with one scale; 8.5 bits per weight. Weights and activations.</summary>
/// <remarks>
/// <code>x[e] = d * q[e]</code>
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 34, Pack = 1)]
public unsafe partial struct BlockQ8_0 : IQuantizedBlock<BlockQ8_0>
{
    /// <summary>Scale d.</summary>
    [FieldOffset(0)] public Half Scale;

    /// <summary>Quants.</summary>
    [FieldOffset(2)] public fixed sbyte Quants[32];

    /// <inheritdoc/>
    public static ElementType Type => ElementType.Q8_0;

    /// <inheritdoc/>
    public static void Decode(ref readonly BlockQ8_0 block, Span<float> x)
    {
        float d = (float)block.Scale;
        for (int e = 0; e < 32; e++) x[e] = d * block.Quants[e];
    }
}
