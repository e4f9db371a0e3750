using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Compute.Cpu.MatMul.Formats;

/// <summary>3-bit quants with zero at 4, 6-bit sub-scales; the layout is described at <see cref="BlockQ3_K"/>.</summary>
internal readonly unsafe struct Q3_KFormat : IBlockFormat
{
    public static ElementType Type => ElementType.Q3_K;

    public static int BlockLength => 256;

    public static int BlockBytes => sizeof(BlockQ3_K);

    public static int SubLength => 16;

    public static int ZeroPoint => 4;

    public static bool IsSigned => false;

    public static bool HasMins => false;

    public static bool AddsMins => false;

    public static int ScaleOffset => 108;

    public static int MinScaleOffset => 0;

    public static int Quant(byte* block, int e)
    {
        int n = e / 128, j = e % 128 / 32, l = e % 32;
        int low = (block[32 + (32 * n) + l] >> (2 * j)) & 3;
        int third = (block[l] >> ((4 * n) + j)) & 1;
        return (low | (third << 2)) - 4;
    }

    public static int SubScale(byte* block, int s) => ((s < 8 ? block[96 + s] & 15 : block[88 + s] >> 4) | (((block[104 + (s % 4)] >> (2 * (s / 4))) & 3) << 4)) - 32;

    public static int SubMin(byte* block, int s) => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<sbyte> Raw(byte* block, int part)
    {
        Vector256<byte> low = BlockBits.Bits(Vector256.Load(block + 32 + (32 * (part / 4))), 2 * (part % 4), 3);
        return (low | BlockBits.Up(BlockBits.Bits(Vector256.Load(block), part, 1), 2)).AsSByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> SubScales(byte* block)
    {
        ulong low = *(ulong*)(block + 96); // nibbles: scales 0 to 7 low, 8 to 15 high
        uint high = *(uint*)(block + 104); // pairs of bits: scales 4i to 4i + 3 in bits 2i of the four bytes
        ulong first = (high & 0x0303_0303) | ((ulong)((high >> 2) & 0x0303_0303) << 32);
        ulong second = ((high >> 4) & 0x0303_0303) | ((ulong)((high >> 6) & 0x0303_0303) << 32);
        Vector128<ulong> bytes = Vector128.Create(
            (low & 0x0F0F_0F0F_0F0F_0F0F) | (first << 4),
            ((low >> 4) & 0x0F0F_0F0F_0F0F_0F0F) | (second << 4));
        return BlockBits.EvenOdd(bytes.AsSByte()) - Vector256.Create((short)32);
    }

    public static Vector256<short> SubMins(byte* block) => default;
}
