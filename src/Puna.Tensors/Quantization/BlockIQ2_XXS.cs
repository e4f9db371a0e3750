using System.Runtime.InteropServices;

namespace Puna.Tensors.Quantization;

/// <summary>Super-blocks of 256 in groups of 8 chosen from a codebook of 256; 2.0625 bits per weight.</summary>
/// <remarks>
/// <code>x[e] = d * (0.5 + sc[j]) * 0.25 * grid[t] * sign[t]</code> with sub-block j = e / 32, group l = e % 32 / 8, t = e % 8.
/// Each sub-block holds two words: four 8-bit indices into <see cref="Codebooks.Grid2XXS"/>, then four 7-bit sign indices
/// (<see cref="Codebooks.EvenSigns"/>) below the 4-bit scale.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 66, Pack = 1)]
public unsafe struct BlockIQ2_XXS : IQuantizedBlock<BlockIQ2_XXS>
{
    /// <summary>Scale d.</summary>
    [FieldOffset(0)] public Half Scale;

    /// <summary>Two little-endian words for each of the 8 sub-blocks.</summary>
    [FieldOffset(2)] public fixed byte Groups[64];

    /// <inheritdoc/>
    public static ElementType Type => ElementType.IQ2_XXS;

    /// <inheritdoc/>
    public static void Decode(ref readonly BlockIQ2_XXS block, Span<float> x)
    {
        float d = (float)block.Scale;
        for (int j = 0; j < 8; j++)
        {
            uint indices = Codebooks.Word(in block.Groups[8 * j]), signs = Codebooks.Word(in block.Groups[(8 * j) + 4]);
            float scale = d * (0.5f + (signs >> 28)) * 0.25f;
            for (int l = 0; l < 4; l++)
            {
                ulong grid = Codebooks.Grid2XXS[(int)(indices >> (8 * l)) & 255];
                byte mask = Codebooks.EvenSigns((int)(signs >> (7 * l)) & 127);
                Codebooks.DecodeGroup(grid, mask, scale, x.Slice((32 * j) + (8 * l), 8));
            }
        }
    }
}
