using System.Runtime.InteropServices;

namespace Puna.Tensors.Quantization;

/// <summary>Super-blocks of 256 indices into the table of <see cref="BlockIQ4_NL"/> in 8 sub-blocks; 4.25 bits per weight.</summary>
/// <remarks>
/// <code>x[e] = d * (sc[j] - 32) * K[q[e]]</code> with sub-block j = e / 32, each laid out like an IQ4_NL block.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 136, Pack = 1)]
public unsafe struct BlockIQ4_XS : IQuantizedBlock<BlockIQ4_XS>
{
    /// <summary>Scale d of the sub-block scales.</summary>
    [FieldOffset(0)] public Half Scale;

    /// <summary>Upper two bits of scale j at bit 2j.</summary>
    [FieldOffset(2)] public ushort ScalesHigh;

    /// <summary>Low four bits of scale j in nibble j.</summary>
    [FieldOffset(4)] public fixed byte ScalesLow[4];

    /// <summary>Nibbles, 16 bytes a sub-block.</summary>
    [FieldOffset(8)] public fixed byte Quants[128];

    /// <inheritdoc/>
    public static ElementType Type => ElementType.IQ4_XS;

    /// <inheritdoc/>
    public static void Decode(ref readonly BlockIQ4_XS block, Span<float> x)
    {
        float d = (float)block.Scale;
        for (int j = 0; j < 8; j++)
        {
            float scale = d * (ScaleOf(in block, j) - 32);
            for (int i = 0; i < 16; i++)
            {
                byte pair = block.Quants[(16 * j) + i];
                x[(32 * j) + i] = scale * Codebooks.NonLinear4[pair & 15];
                x[(32 * j) + i + 16] = scale * Codebooks.NonLinear4[pair >> 4];
            }
        }
    }

    /// <summary>The stored 6-bit scale of sub-block j, 0 to 63; 32 stands for zero.</summary>
    internal static int ScaleOf(ref readonly BlockIQ4_XS block, int j)
    {
        int low = (block.ScalesLow[j / 2] >> (4 * (j % 2))) & 15;
        int high = (block.ScalesHigh >> (2 * j)) & 3;
        return low | (high << 4);
    }
}
