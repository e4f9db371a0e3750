using System.Runtime.InteropServices;

namespace Puna.Tensors.Quantization;

/// <summary>Super-blocks of 256 in groups of 8 chosen from a codebook of 512; 2.3125 bits per weight.</summary>
/// <remarks>
/// <code>x[e] = d * (0.5 + sc) * 0.25 * grid[t] * sign[t]</code>, a scale nibble for every 16 elements.
/// Each group is one word: a 9-bit index into <see cref="Codebooks.Grid2XS"/> below a 7-bit sign index
/// (<see cref="Codebooks.EvenSigns"/>).
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 74, Pack = 1)]
public unsafe struct BlockIQ2_XS : IQuantizedBlock<BlockIQ2_XS>
{
    /// <summary>Scale d.</summary>
    [FieldOffset(0)] public Half Scale;

    /// <summary>One word for each group of 8.</summary>
    [FieldOffset(2)] public fixed ushort Groups[32];

    /// <summary>4-bit scales, low nibble first.</summary>
    [FieldOffset(66)] public fixed byte Scales[8];

    /// <inheritdoc/>
    public static ElementType Type => ElementType.IQ2_XS;

    /// <inheritdoc/>
    public static void Decode(ref readonly BlockIQ2_XS block, Span<float> x)
    {
        float d = (float)block.Scale;
        for (int g = 0; g < 32; g++)
        {
            int sc = (block.Scales[g / 4] >> (g % 4 < 2 ? 0 : 4)) & 15;
            float scale = d * (0.5f + sc) * 0.25f;
            ulong grid = Codebooks.Grid2XS[block.Groups[g] & 511];
            byte mask = Codebooks.EvenSigns(block.Groups[g] >> 9);
            Codebooks.DecodeGroup(grid, mask, scale, x.Slice(8 * g, 8));
        }
    }
}
