using System.Runtime.InteropServices;

namespace Puna.Tensors.Quantization;

/// <summary>Super-blocks of 256 signed 3-bit quants in 16 sub-blocks with 6-bit signed scales; 3.4375 bits per weight.</summary>
/// <remarks>
/// <code>x[e] = d * (sc[s] - 32) * q[e]</code> with sub-block s = e / 16.
/// Quant of e = 128n + 32j + l: bits 2j of byte 32n + l, minus 4 where bit 4n + j of mask byte l is clear.
/// Scale s: low nibbles of bytes 0 to 7, then high nibbles; upper two bits in bytes 8 to 11.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 110, Pack = 1)]
public unsafe struct BlockQ3_K : IQuantizedBlock<BlockQ3_K>
{
    /// <summary>Third bits; a clear bit subtracts 4.</summary>
    [FieldOffset(0)] public fixed byte HighMask[32];

    /// <summary>Low two bits.</summary>
    [FieldOffset(32)] public fixed byte Quants[64];

    /// <summary>16 packed 6-bit scales.</summary>
    [FieldOffset(96)] public fixed byte Scales[12];

    /// <summary>Scale d of the sub-block scales.</summary>
    [FieldOffset(108)] public Half Scale;

    /// <inheritdoc/>
    public static ElementType Type => ElementType.Q3_K;

    /// <inheritdoc/>
    public static void Decode(ref readonly BlockQ3_K block, Span<float> x)
    {
        float d = (float)block.Scale;
        for (int e = 0; e < 256; e++)
        {
            int n = e / 128, j = e % 128 / 32, l = e % 32;
            int low = (block.Quants[(32 * n) + l] >> (2 * j)) & 3;
            int q = low - (((block.HighMask[l] >> ((4 * n) + j)) & 1) != 0 ? 0 : 4);
            x[e] = d * (ScaleOf(in block, e / 16) - 32) * q;
        }
    }

    /// <summary>The stored 6-bit scale of sub-block s, 0 to 63; 32 stands for zero.</summary>
    internal static int ScaleOf(ref readonly BlockQ3_K block, int s)
    {
        int low = s < 8 ? block.Scales[s] & 15 : block.Scales[s - 8] >> 4;
        int high = (block.Scales[8 + (s % 4)] >> (2 * (s / 4))) & 3;
        return low | (high << 4);
    }
}
