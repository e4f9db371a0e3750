using System.Runtime.InteropServices;

namespace Puna.Tensors.Quantization;

/// <summary>Blocks of 32 unsigned 4-bit quants with scale and offset; 5 bits per weight.</summary>
/// <remarks>
/// <code>x[e] = d * q[e] + m</code>
/// Nibble order as in <see cref="BlockQ4_0"/>.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 20, Pack = 1)]
public unsafe partial struct BlockQ4_1 : IQuantizedBlock<BlockQ4_1>
{
    /// <summary>Scale d.</summary>
    [FieldOffset(0)] public Half Scale;

    /// <summary>Offset m, the value of quant 0.</summary>
    [FieldOffset(2)] public Half Offset;

    /// <summary>Nibbles: element e and e + 16 share byte e.</summary>
    [FieldOffset(4)] public fixed byte Quants[16];

    /// <inheritdoc/>
    public static ElementType Type => ElementType.Q4_1;

    /// <inheritdoc/>
    public static void Decode(ref readonly BlockQ4_1 block, Span<float> x)
    {
        float d = (float)block.Scale;
        float m = (float)block.Offset;
        for (int i = 0; i < 16; i++)
        {
            x[i] = (d * (block.Quants[i] & 15)) + m;
            x[i + 16] = (d * (block.Quants[i] >> 4)) + m;
        }
    }
}
