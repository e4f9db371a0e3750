using System.Runtime.InteropServices;

namespace Puna.Tensors.Quantization;

/// <summary>Super-blocks of 256 ternary values, five to a byte in base 3; 1.6875 bits per weight.</summary>
/// <remarks>
/// <code>x[e] = d * (digit[e] - 1)</code>. A byte b stands for the fraction b / 256; its digit k is the integer part of
/// 3 * frac(3^k * b / 256), so <c>((b * 3^k mod 256) * 3) / 256</c> in integers.
/// Elements 0 to 159: byte e % 32, digit e / 32. Elements 160 to 239: byte 32 + (e - 160) % 16, digit (e - 160) / 16.
/// Elements 240 to 255: tail byte (e - 240) % 4, digit (e - 240) / 4 (four digits a byte).
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 54, Pack = 1)]
public unsafe struct BlockTQ1_0 : IQuantizedBlock<BlockTQ1_0>
{
    /// <summary>Five digits a byte.</summary>
    [FieldOffset(0)] public fixed byte Digits[48];

    /// <summary>Four digits a byte.</summary>
    [FieldOffset(48)] public fixed byte Tail[4];

    /// <summary>Scale d.</summary>
    [FieldOffset(52)] public Half Scale;

    /// <inheritdoc/>
    public static ElementType Type => ElementType.TQ1_0;

    /// <inheritdoc/>
    public static void Decode(ref readonly BlockTQ1_0 block, Span<float> x)
    {
        float d = (float)block.Scale;
        for (int e = 0; e < 256; e++)
        {
            int digit = e < 160 ? Digit(block.Digits[e % 32], e / 32)
                : e < 240 ? Digit(block.Digits[32 + ((e - 160) % 16)], (e - 160) / 16)
                : Digit(block.Tail[(e - 240) % 4], (e - 240) / 4);
            x[e] = d * (digit - 1);
        }
    }

    /// <summary>Digit k (0 to 4, most significant first) of a byte: 0, 1 or 2.</summary>
    internal static int Digit(byte packed, int k)
    {
        ReadOnlySpan<byte> powersOf3 = [1, 3, 9, 27, 81];
        return ((packed * powersOf3[k]) & 255) * 3 / 256;
    }
}
