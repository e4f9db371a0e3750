using System.Runtime.InteropServices;

namespace Puna.Tensors.Quantization;

/// <summary>Super-blocks of 256 signed 6-bit quants in 16 sub-blocks with 8-bit signed scales; 6.5625 bits per weight.</summary>
/// <remarks>
/// <code>x[e] = d * sc[e / 16] * (q[e] - 32)</code>
/// Quant of e = 128n + 32k + l: low four bits from nibble k / 2 of byte 64n + 32(k % 2) + l, upper two from bits 2k of
/// high byte 32n + l.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 210, Pack = 1)]
public unsafe partial struct BlockQ6_K : IQuantizedBlock<BlockQ6_K>
{
    /// <summary>Low four bits.</summary>
    [FieldOffset(0)] public fixed byte LowBits[128];

    /// <summary>Upper two bits.</summary>
    [FieldOffset(128)] public fixed byte HighBits[64];

    /// <summary>Scale of each sub-block.</summary>
    [FieldOffset(192)] public fixed sbyte Scales[16];

    /// <summary>Scale d of the sub-block scales.</summary>
    [FieldOffset(208)] public Half Scale;

    /// <inheritdoc/>
    public static ElementType Type => ElementType.Q6_K;

    /// <inheritdoc/>
    public static void Decode(ref readonly BlockQ6_K block, Span<float> x)
    {
        float d = (float)block.Scale;
        for (int e = 0; e < 256; e++)
        {
            int n = e / 128, k = e % 128 / 32, l = e % 32;
            byte pair = block.LowBits[(64 * n) + (32 * (k % 2)) + l];
            int low = k < 2 ? pair & 15 : pair >> 4;
            int high = (block.HighBits[(32 * n) + l] >> (2 * k)) & 3;
            x[e] = d * block.Scales[e / 16] * ((low | (high << 4)) - 32);
        }
    }
}
