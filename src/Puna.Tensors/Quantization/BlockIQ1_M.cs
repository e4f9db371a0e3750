using System.Runtime.InteropServices;

namespace Puna.Tensors.Quantization;

/// <summary>Super-blocks of 256 in groups of 8 ternary values chosen from a codebook of 2048; 1.75 bits per weight.</summary>
/// <remarks>
/// <code>x[e] = d * (2 * sc + 1) * (grid[t] + delta)</code>, a 3-bit scale for every 16 elements, a delta of -0.125 or +0.125 per group.
/// There is no field for d: its 16 bits are the top nibbles of the four scale words.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 56, Pack = 1)]
public unsafe struct BlockIQ1_M : IQuantizedBlock<BlockIQ1_M>
{
    /// <summary>Low eight bits of each group's index into <see cref="Codebooks.Grid1"/>.</summary>
    [FieldOffset(0)] public fixed byte Indices[32];

    /// <summary>A nibble per group: upper three index bits, then the sign of delta.</summary>
    [FieldOffset(32)] public fixed byte HighBits[16];

    /// <summary>Four 3-bit scales each, and a nibble of d.</summary>
    [FieldOffset(48)] public fixed ushort Scales[4];

    /// <inheritdoc/>
    public static ElementType Type => ElementType.IQ1_M;

    /// <inheritdoc/>
    public static void Decode(ref readonly BlockIQ1_M block, Span<float> x)
    {
        float d = (float)ScaleOf(in block);
        for (int g = 0; g < 32; g++)
        {
            int sc = (block.Scales[g / 8] >> (3 * (g % 8 / 2))) & 7;
            float scale = d * ((2 * sc) + 1);
            int high = (block.HighBits[g / 2] >> (4 * (g % 2))) & 15;
            float delta = (high & 8) != 0 ? -0.125f : 0.125f;
            int index = block.Indices[g] | ((high & 7) << 8);
            Codebooks.DecodeTernaryGroup(Codebooks.Grid1[index], delta, scale, x.Slice(8 * g, 8));
        }
    }

    /// <summary>The scale d, gathered from the top nibbles of the scale words.</summary>
    internal static Half ScaleOf(ref readonly BlockIQ1_M block)
    {
        int bits = (block.Scales[0] >> 12) | ((block.Scales[1] >> 8) & 0x00F0)
            | ((block.Scales[2] >> 4) & 0x0F00) | (block.Scales[3] & 0xF000);
        return BitConverter.UInt16BitsToHalf((ushort)bits);
    }
}
