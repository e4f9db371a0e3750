using System.Runtime.InteropServices;

namespace Puna.Tensors.Quantization;

/// <summary>Blocks of 32 4-bit indices into a fixed table of 16 unevenly spaced levels; 4.5 bits per weight.</summary>
/// <remarks>
/// <code>x[e] = d * K[q[e]]</code>, K = <see cref="Codebooks.NonLinear4"/>. Nibble order as in <see cref="BlockQ4_0"/>.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 18, Pack = 1)]
public unsafe struct BlockIQ4_NL : IQuantizedBlock<BlockIQ4_NL>
{
    /// <summary>Scale d.</summary>
    [FieldOffset(0)] public Half Scale;

    /// <summary>Nibbles: element e and e + 16 share byte e.</summary>
    [FieldOffset(2)] public fixed byte Quants[16];

    /// <inheritdoc/>
    public static ElementType Type => ElementType.IQ4_NL;

    /// <inheritdoc/>
    public static void Decode(ref readonly BlockIQ4_NL block, Span<float> x)
    {
        float d = (float)block.Scale;
        for (int i = 0; i < 16; i++)
        {
            x[i] = d * Codebooks.NonLinear4[block.Quants[i] & 15];
            x[i + 16] = d * Codebooks.NonLinear4[block.Quants[i] >> 4];
        }
    }
}
