using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Compute.Cpu.MatMul.Formats;

/// <summary>Unsigned 4-bit quants with zero at 8; the layout is described at <see cref="BlockQ4_0"/>.</summary>
internal readonly unsafe struct Q4_0Format : IBlockFormat
{
    public static ElementType Type => ElementType.Q4_0;

    public static int BlockLength => 32;

    public static int BlockBytes => sizeof(BlockQ4_0);

    public static int SubLength => 32;

    public static int ZeroPoint => 8;

    public static bool IsSigned => false;

    public static bool HasMins => false;

    public static bool AddsMins => false;

    public static int ScaleOffset => 0;

    public static int MinScaleOffset => 0;

    public static int Quant(byte* block, int e)
    {
        byte pair = block[2 + (e % 16)];
        return (e < 16 ? pair & 15 : pair >> 4) - 8;
    }

    public static int SubScale(byte* block, int s) => 1;

    public static int SubMin(byte* block, int s) => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<sbyte> Raw(byte* block, int part) => BlockBits.Nibbles(block + 2).AsSByte();

    public static Vector256<short> SubScales(byte* block) => default;

    public static Vector256<short> SubMins(byte* block) => default;
}
