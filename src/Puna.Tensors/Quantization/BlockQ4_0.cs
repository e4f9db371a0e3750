using System.Runtime.InteropServices;

namespace Puna.Tensors.Quantization;

/// <summary>Blocks of 32 signed 4-bit quants with one scale; 4.5 bits per weight.</summary>
/// <remarks>
/// <code>x[e] = d * (q[e] - 8)</code>
/// Low nibbles hold elements 0 to 15, high nibbles elements 16 to 31.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 18, Pack = 1)]
public unsafe partial struct BlockQ4_0 : IQuantizedBlock<BlockQ4_0>
{
    /// <summary>Scale d.</summary>
    [FieldOffset(0)] public Half Scale;

    /// <summary>Nibbles: element e and e + 16 share byte e.</summary>
    [FieldOffset(2)] public fixed byte Quants[16];

    /// <inheritdoc/>
    public static ElementType Type => ElementType.Q4_0;

    /// <inheritdoc/>
    public static void Decode(ref readonly BlockQ4_0 block, Span<float> x)
    {
        float d = (float)block.Scale;
        for (int i = 0; i < 16; i++)
        {
            x[i] = d * ((block.Quants[i] & 15) - 8);
            x[i + 16] = d * ((block.Quants[i] >> 4) - 8);
        }
    }
}
