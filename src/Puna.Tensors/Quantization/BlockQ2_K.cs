using System.Runtime.InteropServices;

namespace Puna.Tensors.Quantization;

/// <summary>Super-blocks of 256 2-bit quants in 16 sub-blocks, each with 4-bit scale and minimum; 2.625 bits per weight.</summary>
/// <remarks>
/// <code>x[e] = d * sc[s] * q[e] - dmin * m[s]</code> with sub-block s = e / 16.
/// Scale byte s: low nibble sc, high nibble m. Quant of e = 128n + 32j + l: bits 2j of byte 32n + l.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 84, Pack = 1)]
public unsafe struct BlockQ2_K : IQuantizedBlock<BlockQ2_K>
{
    /// <summary>4-bit scale (low) and minimum (high) of each sub-block.</summary>
    [FieldOffset(0)] public fixed byte Scales[16];

    /// <summary>2-bit quants.</summary>
    [FieldOffset(16)] public fixed byte Quants[64];

    /// <summary>Scale d of the sub-block scales.</summary>
    [FieldOffset(80)] public Half Scale;

    /// <summary>Scale dmin of the sub-block minima.</summary>
    [FieldOffset(82)] public Half MinScale;

    /// <inheritdoc/>
    public static ElementType Type => ElementType.Q2_K;

    /// <inheritdoc/>
    public static void Decode(ref readonly BlockQ2_K block, Span<float> x)
    {
        float d = (float)block.Scale;
        float dMin = (float)block.MinScale;
        for (int e = 0; e < 256; e++)
        {
            int n = e / 128, j = e % 128 / 32, l = e % 32;
            int scale = block.Scales[e / 16] & 15, min = block.Scales[e / 16] >> 4;
            int q = (block.Quants[(32 * n) + l] >> (2 * j)) & 3;
            x[e] = (d * scale * q) - (dMin * min);
        }
    }
}
