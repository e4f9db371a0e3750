using System.Runtime.InteropServices;

namespace Puna.Tensors.Quantization;

/// <summary>Blocks of 32 unsigned 5-bit quants with scale and offset; 6 bits per weight.</summary>
/// <remarks>
/// <code>x[e] = d * q[e] + m</code>, the fifth bit of q[e] is bit e of the high-bit word.
/// Nibble order as in <see cref="BlockQ4_0"/>.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 24, Pack = 1)]
public unsafe partial struct BlockQ5_1 : IQuantizedBlock<BlockQ5_1>
{
    /// <summary>Scale d.</summary>
    [FieldOffset(0)] public Half Scale;

    /// <summary>Offset m, the value of quant 0.</summary>
    [FieldOffset(2)] public Half Offset;

    /// <summary>Fifth bits: bit e belongs to element e.</summary>
    [FieldOffset(4)] public uint HighBits;

    /// <summary>Low four bits: element e and e + 16 share byte e.</summary>
    [FieldOffset(8)] public fixed byte Quants[16];

    /// <inheritdoc/>
    public static ElementType Type => ElementType.Q5_1;

    /// <inheritdoc/>
    public static void Decode(ref readonly BlockQ5_1 block, Span<float> x)
    {
        float d = (float)block.Scale;
        float m = (float)block.Offset;
        for (int e = 0; e < 32; e++)
        {
            int low = e < 16 ? block.Quants[e] & 15 : block.Quants[e - 16] >> 4;
            int high = (int)((block.HighBits >> e) & 1) << 4;
            x[e] = (d * (low | high)) + m;
        }
    }
}
