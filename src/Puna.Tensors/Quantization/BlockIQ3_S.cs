using System.Runtime.InteropServices;

namespace Puna.Tensors.Quantization;

/// <summary>Super-blocks of 256 in groups of 4 chosen from a codebook of 512; 3.4375 bits per weight.</summary>
/// <remarks>
/// <code>x[e] = d * (1 + 2 * sc[j]) * grid[t % 4] * sign[t]</code> with sub-block j = e / 32, t = e % 8.
/// Index into <see cref="Codebooks.Grid3S"/>: low eight bits per group, ninth bit in the high-bit bytes. Signs are stored whole.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 110, Pack = 1)]
public unsafe struct BlockIQ3_S : IQuantizedBlock<BlockIQ3_S>
{
    /// <summary>Scale d.</summary>
    [FieldOffset(0)] public Half Scale;

    /// <summary>Low eight bits of the index of each group of 4.</summary>
    [FieldOffset(2)] public fixed byte Indices[64];

    /// <summary>Ninth bit of group k of sub-block j at bit k of byte j.</summary>
    [FieldOffset(66)] public fixed byte HighBits[8];

    /// <summary>Sign mask of each 8 elements.</summary>
    [FieldOffset(74)] public fixed byte Signs[32];

    /// <summary>4-bit scales, low nibble first.</summary>
    [FieldOffset(106)] public fixed byte Scales[4];

    /// <inheritdoc/>
    public static ElementType Type => ElementType.IQ3_S;

    /// <inheritdoc/>
    public static void Decode(ref readonly BlockIQ3_S block, Span<float> x)
    {
        float d = (float)block.Scale;
        for (int g = 0; g < 32; g++)
        {
            int j = g / 4, k = 2 * (g % 4);
            int sc = (block.Scales[j / 2] >> (4 * (j % 2))) & 15;
            float scale = d * (1 + (2 * sc));
            int first = block.Indices[2 * g] | (((block.HighBits[j] >> k) & 1) << 8);
            int second = block.Indices[(2 * g) + 1] | (((block.HighBits[j] >> (k + 1)) & 1) << 8);
            ulong grid = Codebooks.Grid3S[first] | ((ulong)Codebooks.Grid3S[second] << 32);
            Codebooks.DecodeGroup(grid, block.Signs[g], scale, x.Slice(8 * g, 8));
        }
    }
}
