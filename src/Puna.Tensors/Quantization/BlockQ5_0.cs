using System.Runtime.InteropServices;

namespace Puna.Tensors.Quantization;

/// <summary>Blocks of 32 signed 5-bit quants with one scale; 5.5 bits per weight.</summary>
/// <remarks>
/// <code>x[e] = d * (q[e] - 16)</code>, the fifth bit of q[e] is bit e of the high-bit word.
/// Nibble order as in <see cref="BlockQ4_0"/>.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 22, Pack = 1)]
public unsafe partial struct BlockQ5_0 : IQuantizedBlock<BlockQ5_0>
{
    /// <summary>Scale d.</summary>
    [FieldOffset(0)] public Half Scale;

    /// <summary>Fifth bits: bit e belongs to element e.</summary>
    [FieldOffset(2)] public uint HighBits;

    /// <summary>Low four bits: element e and e + 16 share byte e.</summary>
    [FieldOffset(6)] public fixed byte Quants[16];

    /// <inheritdoc/>
    public static ElementType Type => ElementType.Q5_0;

    /// <inheritdoc/>
    public static void Decode(ref readonly BlockQ5_0 block, Span<float> x)
    {
        float d = (float)block.Scale;
        for (int e = 0; e < 32; e++)
        {
            int low = e < 16 ? block.Quants[e] & 15 : block.Quants[e - 16] >> 4;
            int high = (int)((block.HighBits >> e) & 1) << 4;
            x[e] = d * ((low | high) - 16);
        }
    }
}
