using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Compute.Cpu.MatMul.Formats;

/// <summary>Unsigned 5-bit quants with an offset; the layout is described at <see cref="BlockQ5_1"/>.</summary>
internal readonly unsafe struct Q5_1Format : IBlockFormat
{
    public static ElementType Type => ElementType.Q5_1;

    public static int BlockLength => 32;

    public static int BlockBytes => sizeof(BlockQ5_1);

    public static int SubLength => 32;

    public static int ZeroPoint => 0;

    public static bool IsSigned => false;

    public static bool HasMins => true;

    public static bool AddsMins => true;

    public static int ScaleOffset => 0;

    public static int MinScaleOffset => 2;

    public static int Quant(byte* block, int e)
    {
        byte pair = block[8 + (e % 16)];
        int fifth = (int)((*(uint*)(block + 4) >> e) & 1) << 4;
        return (e < 16 ? pair & 15 : pair >> 4) | fifth;
    }

    public static int SubScale(byte* block, int s) => 1;

    public static int SubMin(byte* block, int s) => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<sbyte> Raw(byte* block, int part) => (BlockBits.Nibbles(block + 8) | BlockBits.FifthBits(*(uint*)(block + 4))).AsSByte();

    public static Vector256<short> SubScales(byte* block) => default;

    public static Vector256<short> SubMins(byte* block) => default;
}
