using System.Runtime.InteropServices;

namespace Puna.Tensors.Quantization;

/// <summary>Super-blocks of 256 in groups of 8 ternary values chosen from a codebook of 2048; 1.5625 bits per weight.</summary>
/// <remarks>
/// <code>x[e] = d * (2 * sc[j] + 1) * (grid[t] + delta[j])</code> with sub-block j = e / 32, t = e % 8, delta = -0.125 or +0.125.
/// Word j: upper three index bits of group l at bit 3l, the 3-bit scale at bit 12, the sign of delta at bit 15.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 50, Pack = 1)]
public unsafe struct BlockIQ1_S : IQuantizedBlock<BlockIQ1_S>
{
    /// <summary>Scale d.</summary>
    [FieldOffset(0)] public Half Scale;

    /// <summary>Low eight bits of each group's index into <see cref="Codebooks.Grid1"/>.</summary>
    [FieldOffset(2)] public fixed byte Indices[32];

    /// <summary>Upper index bits, scale and delta of each sub-block.</summary>
    [FieldOffset(34)] public fixed ushort HighBits[8];

    /// <inheritdoc/>
    public static ElementType Type => ElementType.IQ1_S;

    /// <inheritdoc/>
    public static void Decode(ref readonly BlockIQ1_S block, Span<float> x)
    {
        float d = (float)block.Scale;
        for (int g = 0; g < 32; g++)
        {
            int high = block.HighBits[g / 4];
            float scale = d * ((2 * ((high >> 12) & 7)) + 1);
            float delta = (high & 0x8000) != 0 ? -0.125f : 0.125f;
            int index = block.Indices[g] | (((high >> (3 * (g % 4))) & 7) << 8);
            Codebooks.DecodeTernaryGroup(Codebooks.Grid1[index], delta, scale, x.Slice(8 * g, 8));
        }
    }
}
