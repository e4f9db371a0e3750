using System.Runtime.InteropServices;

namespace Puna.Tensors.Quantization;

/// <summary>Super-blocks of 256 in groups of 4 chosen from a codebook of 256; 3.0625 bits per weight.</summary>
/// <remarks>
/// <code>x[e] = d * (0.5 + sc[j]) * 0.5 * grid[t % 4] * sign[t]</code> with sub-block j = e / 32, t = e % 8.
/// Two indices into <see cref="Codebooks.Grid3XXS"/> for 8 elements; a word for each sub-block holds four 7-bit sign indices
/// (<see cref="Codebooks.EvenSigns"/>) below the 4-bit scale.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 98, Pack = 1)]
public unsafe struct BlockIQ3_XXS : IQuantizedBlock<BlockIQ3_XXS>
{
    /// <summary>Scale d.</summary>
    [FieldOffset(0)] public Half Scale;

    /// <summary>Index of each group of 4.</summary>
    [FieldOffset(2)] public fixed byte Indices[64];

    /// <summary>A little-endian word for each of the 8 sub-blocks.</summary>
    [FieldOffset(66)] public fixed byte SignsAndScales[32];

    /// <inheritdoc/>
    public static ElementType Type => ElementType.IQ3_XXS;

    /// <inheritdoc/>
    public static void Decode(ref readonly BlockIQ3_XXS block, Span<float> x)
    {
        float d = (float)block.Scale;
        for (int g = 0; g < 32; g++)
        {
            uint signs = Codebooks.Word(in block.SignsAndScales[4 * (g / 4)]);
            float scale = d * (0.5f + (signs >> 28)) * 0.5f;
            ulong grid = Codebooks.Grid3XXS[block.Indices[2 * g]] | ((ulong)Codebooks.Grid3XXS[block.Indices[(2 * g) + 1]] << 32);
            byte mask = Codebooks.EvenSigns((int)(signs >> (7 * (g % 4))) & 127);
            Codebooks.DecodeGroup(grid, mask, scale, x.Slice(8 * g, 8));
        }
    }
}
