using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Compute.Cpu.MatMul.Formats;

/// <summary>4-bit quants, 6-bit sub-scales and mins; the layout is described at <see cref="BlockQ4_K"/>.</summary>
internal readonly unsafe struct Q4_KFormat : IBlockFormat
{
    public static ElementType Type => ElementType.Q4_K;

    public static int BlockLength => 256;

    public static int BlockBytes => sizeof(BlockQ4_K);

    public static int SubLength => 32;

    public static int ZeroPoint => 0;

    public static bool IsSigned => false;

    public static bool HasMins => true;

    public static bool AddsMins => false;

    public static int ScaleOffset => 0;

    public static int MinScaleOffset => 2;

    public static int Quant(byte* block, int e)
    {
        byte pair = block[16 + (32 * (e / 64)) + (e % 32)];
        return e % 64 < 32 ? pair & 15 : pair >> 4;
    }

    public static int SubScale(byte* block, int s) => PackedScales.Read(in *(block + 4), s).Scale;

    public static int SubMin(byte* block, int s) => PackedScales.Read(in *(block + 4), s).Min;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<sbyte> Raw(byte* block, int part) => BlockBits.Bits(Vector256.Load(block + 16 + (32 * (part / 2))), 4 * (part % 2), 15).AsSByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> SubScales(byte* block) => BlockBits.Twice(SixBitScales.Scales(block + 4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> SubMins(byte* block) => BlockBits.Twice(SixBitScales.Mins(block + 4));
}
