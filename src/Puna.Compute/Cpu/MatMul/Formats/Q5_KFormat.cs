using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Compute.Cpu.MatMul.Formats;

/// <summary>5-bit quants, 6-bit sub-scales and mins; the layout is described at <see cref="BlockQ5_K"/>.</summary>
internal readonly unsafe struct Q5_KFormat : IBlockFormat
{
    public static ElementType Type => ElementType.Q5_K;

    public static int BlockLength => 256;

    public static int BlockBytes => sizeof(BlockQ5_K);

    public static int SubLength => 32;

    public static int ZeroPoint => 0;

    public static bool IsSigned => false;

    public static bool HasMins => true;

    public static bool AddsMins => false;

    public static int ScaleOffset => 0;

    public static int MinScaleOffset => 2;

    public static int Quant(byte* block, int e)
    {
        byte pair = block[48 + (32 * (e / 64)) + (e % 32)];
        int fifth = ((block[16 + (e % 32)] >> (e / 32)) & 1) << 4;
        return (e % 64 < 32 ? pair & 15 : pair >> 4) | fifth;
    }

    public static int SubScale(byte* block, int s) => PackedScales.Read(in *(block + 4), s).Scale;

    public static int SubMin(byte* block, int s) => PackedScales.Read(in *(block + 4), s).Min;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<sbyte> Raw(byte* block, int part)
    {
        Vector256<byte> low = BlockBits.Bits(Vector256.Load(block + 48 + (32 * (part / 2))), 4 * (part % 2), 15);
        return (low | BlockBits.Up(BlockBits.Bits(Vector256.Load(block + 16), part, 1), 4)).AsSByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> SubScales(byte* block) => BlockBits.Twice(SixBitScales.Scales(block + 4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> SubMins(byte* block) => BlockBits.Twice(SixBitScales.Mins(block + 4));
}
