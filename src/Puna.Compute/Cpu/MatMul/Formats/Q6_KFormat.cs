using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Compute.Cpu.MatMul.Formats;

/// <summary>6-bit quants with zero at 32, 8-bit sub-scales; the layout is described at <see cref="BlockQ6_K"/>.</summary>
internal readonly unsafe struct Q6_KFormat : IBlockFormat
{
    public static ElementType Type => ElementType.Q6_K;

    public static int BlockLength => 256;

    public static int BlockBytes => sizeof(BlockQ6_K);

    public static int SubLength => 16;

    public static int ZeroPoint => 32;

    public static bool IsSigned => false;

    public static bool HasMins => false;

    public static bool AddsMins => false;

    public static int ScaleOffset => 208;

    public static int MinScaleOffset => 0;

    public static int Quant(byte* block, int e)
    {
        int n = e / 128, k = e % 128 / 32, l = e % 32;
        byte pair = block[(64 * n) + (32 * (k % 2)) + l];
        int high = (block[128 + (32 * n) + l] >> (2 * k)) & 3;
        return ((k < 2 ? pair & 15 : pair >> 4) | (high << 4)) - 32;
    }

    public static int SubScale(byte* block, int s) => (sbyte)block[192 + s];

    public static int SubMin(byte* block, int s) => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<sbyte> Raw(byte* block, int part)
    {
        int n = part / 4, k = part % 4;
        Vector256<byte> low = BlockBits.Bits(Vector256.Load(block + (64 * n) + (32 * (k % 2))), 4 * (k / 2), 15);
        return (low | BlockBits.Up(BlockBits.Bits(Vector256.Load(block + 128 + (32 * n)), 2 * k, 3), 4)).AsSByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> SubScales(byte* block) => BlockBits.EvenOdd(Vector128.Load((sbyte*)block + 192));

    public static Vector256<short> SubMins(byte* block) => default;
}
