using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Compute.Cpu.MatMul.Formats;

/// <summary>Indices into the levels of <see cref="IQ4_NLFormat"/> with 6-bit sub-scales; the layout is described at <see cref="BlockIQ4_XS"/>.</summary>
internal readonly unsafe struct IQ4_XSFormat : IBlockFormat
{
    public static ElementType Type => ElementType.IQ4_XS;

    public static int BlockLength => 256;

    public static int BlockBytes => sizeof(BlockIQ4_XS);

    public static int SubLength => 32;

    public static int ZeroPoint => 0;

    public static bool IsSigned => true;

    public static bool HasMins => false;

    public static bool AddsMins => false;

    public static int ScaleOffset => 0;

    public static int MinScaleOffset => 0;

    public static int Quant(byte* block, int e)
    {
        byte pair = block[8 + (16 * (e / 32)) + (e % 16)];
        return IQ4_NLFormat.Levels[e % 32 < 16 ? pair & 15 : pair >> 4];
    }

    public static int SubScale(byte* block, int s) => (((block[4 + (s / 2)] >> (4 * (s % 2))) & 15) | (((*(ushort*)(block + 2) >> (2 * s)) & 3) << 4)) - 32;

    public static int SubMin(byte* block, int s) => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<sbyte> Raw(byte* block, int part) => BlockBits.Lookup(IQ4_NLFormat.Levels, block + 8 + (16 * part));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> SubScales(byte* block)
    {
        // Spread eight nibbles, and eight pairs of bits, to a byte each by halving the distance they still have to go.
        ulong low = *(uint*)(block + 4);
        low = (low | (low << 16)) & 0x0000_FFFF_0000_FFFF;
        low = (low | (low << 8)) & 0x00FF_00FF_00FF_00FF;
        low = (low | (low << 4)) & 0x0F0F_0F0F_0F0F_0F0F;
        ulong high = *(ushort*)(block + 2);
        high = (high | (high << 24)) & 0x0000_00FF_0000_00FF;
        high = (high | (high << 12)) & 0x000F_000F_000F_000F;
        high = (high | (high << 6)) & 0x0303_0303_0303_0303;
        return BlockBits.Twice(low | (high << 4)) - Vector256.Create((short)32);
    }

    public static Vector256<short> SubMins(byte* block) => default;
}
