using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Compute.Cpu.MatMul.Formats;

/// <summary>2-bit quants, 4-bit sub-scales and mins; the layout is described at <see cref="BlockQ2_K"/>.</summary>
internal readonly unsafe struct Q2_KFormat : IBlockFormat
{
    public static ElementType Type => ElementType.Q2_K;

    public static int BlockLength => 256;

    public static int BlockBytes => sizeof(BlockQ2_K);

    public static int SubLength => 16;

    public static int ZeroPoint => 0;

    public static bool IsSigned => false;

    public static bool HasMins => true;

    public static bool AddsMins => false;

    public static int ScaleOffset => 80;

    public static int MinScaleOffset => 82;

    public static int Quant(byte* block, int e)
    {
        return (block[16 + (32 * (e / 128)) + (e % 32)] >> (2 * (e % 128 / 32))) & 3;
    }

    public static int SubScale(byte* block, int s) => block[s] & 15;

    public static int SubMin(byte* block, int s) => block[s] >> 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<sbyte> Raw(byte* block, int part) => BlockBits.Bits(Vector256.Load(block + 16 + (32 * (part / 4))), 2 * (part % 4), 3).AsSByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> SubScales(byte* block) => BlockBits.EvenOdd((Vector128.Load(block) & Vector128.Create((byte)15)).AsSByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> SubMins(byte* block) => BlockBits.EvenOdd((Vector128.ShiftRightLogical(Vector128.Load(block).AsUInt16(), 4).AsByte() & Vector128.Create((byte)15)).AsSByte());
}
