using System.Runtime.InteropServices;

namespace Puna.Tensors.Quantization;

/// <summary>Blocks of 32 4-bit floats (E2M1) with a shared power-of-two scale; 4.25 bits per weight.</summary>
/// <remarks>
/// <code>x[e] = 2^(E - 128) * F[q[e]]</code>, F = <see cref="Codebooks.Fp4Doubled"/>, the E2M1 values doubled: hence 128 where
/// the OCP Microscaling specification has a bias of 127. Nibble order as in <see cref="BlockQ4_0"/>.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 17, Pack = 1)]
public unsafe struct BlockMXFP4 : IQuantizedBlock<BlockMXFP4>
{
    /// <summary>Biased exponent E of the scale.</summary>
    [FieldOffset(0)] public byte Exponent;

    /// <summary>Nibbles: element e and e + 16 share byte e.</summary>
    [FieldOffset(1)] public fixed byte Quants[16];

    /// <inheritdoc/>
    public static ElementType Type => ElementType.MXFP4;

    /// <inheritdoc/>
    public static void Decode(ref readonly BlockMXFP4 block, Span<float> x)
    {
        float d = ScaleOf(block.Exponent);
        for (int i = 0; i < 16; i++)
        {
            x[i] = d * Codebooks.Fp4Doubled[block.Quants[i] & 15];
            x[i + 16] = d * Codebooks.Fp4Doubled[block.Quants[i] >> 4];
        }
    }

    /// <summary>2^(exponent - 128); exponents 0 and 1 give the float32 subnormals 2^-128 and 2^-127.</summary>
    internal static float ScaleOf(byte exponent) =>
        BitConverter.UInt32BitsToSingle(exponent < 2 ? 0x0020_0000u << exponent : (uint)(exponent - 1) << 23);
}
