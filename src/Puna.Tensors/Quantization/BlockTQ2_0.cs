using System.Runtime.InteropServices;

namespace Puna.Tensors.Quantization;

/// <summary>Super-blocks of 256 ternary values in two bits each; 2.0625 bits per weight.</summary>
/// <remarks>
/// <code>x[e] = d * (q[e] - 1)</code>. Quant of e = 128n + 32j + l: bits 2j of byte 32n + l.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 66, Pack = 1)]
public unsafe struct BlockTQ2_0 : IQuantizedBlock<BlockTQ2_0>
{
    /// <summary>2-bit quants.</summary>
    [FieldOffset(0)] public fixed byte Quants[64];

    /// <summary>Scale d.</summary>
    [FieldOffset(64)] public Half Scale;

    /// <inheritdoc/>
    public static ElementType Type => ElementType.TQ2_0;

    /// <inheritdoc/>
    public static void Decode(ref readonly BlockTQ2_0 block, Span<float> x)
    {
        float d = (float)block.Scale;
        for (int e = 0; e < 256; e++)
        {
            int n = e / 128, j = e % 128 / 32, l = e % 32;
            x[e] = d * (((block.Quants[(32 * n) + l] >> (2 * j)) & 3) - 1);
        }
    }
}
