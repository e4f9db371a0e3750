using System.Runtime.InteropServices;

namespace Puna.Tensors.Quantization;

/// <summary>Super-blocks of 256 in groups of 8 chosen from a codebook of 1024; 2.5625 bits per weight.</summary>
/// <remarks>
/// <code>x[e] = d * (0.5 + sc) * 0.25 * grid[t] * sign[t]</code>, a scale nibble for every 16 elements.
/// Index into <see cref="Codebooks.Grid2S"/>: low eight bits per group, upper two in the high-bit bytes. Signs are stored whole.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 82, Pack = 1)]
public unsafe struct BlockIQ2_S : IQuantizedBlock<BlockIQ2_S>
{
    /// <summary>Scale d.</summary>
    [FieldOffset(0)] public Half Scale;

    /// <summary>Low eight bits of each group's index.</summary>
    [FieldOffset(2)] public fixed byte Indices[32];

    /// <summary>Sign mask of each group.</summary>
    [FieldOffset(34)] public fixed byte Signs[32];

    /// <summary>Upper two index bits of group l of sub-block j at bit 2l of byte j.</summary>
    [FieldOffset(66)] public fixed byte HighBits[8];

    /// <summary>4-bit scales, low nibble first.</summary>
    [FieldOffset(74)] public fixed byte Scales[8];

    /// <inheritdoc/>
    public static ElementType Type => ElementType.IQ2_S;

    /// <inheritdoc/>
    public static void Decode(ref readonly BlockIQ2_S block, Span<float> x)
    {
        float d = (float)block.Scale;
        for (int g = 0; g < 32; g++)
        {
            int sc = (block.Scales[g / 4] >> (g % 4 < 2 ? 0 : 4)) & 15;
            float scale = d * (0.5f + sc) * 0.25f;
            int index = block.Indices[g] | (((block.HighBits[g / 4] >> (2 * (g % 4))) & 3) << 8);
            Codebooks.DecodeGroup(Codebooks.Grid2S[index], block.Signs[g], scale, x.Slice(8 * g, 8));
        }
    }
}
