using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Compute.Cpu.MatMul.Formats;

/// <summary>Signed 8-bit quants; the layout is described at <see cref="BlockQ8_0"/>.</summary>
internal readonly unsafe struct Q8_0Format : IBlockFormat
{
    public static ElementType Type => ElementType.Q8_0;

    public static int BlockLength => 32;

    public static int BlockBytes => sizeof(BlockQ8_0);

    public static int SubLength => 32;

    public static int ZeroPoint => 0;

    public static bool IsSigned => true;

    public static bool HasMins => false;

    public static bool AddsMins => false;

    public static int ScaleOffset => 0;

    public static int MinScaleOffset => 0;

    public static int Quant(byte* block, int e)
    {
        return ((sbyte*)block)[2 + e];
    }

    public static int SubScale(byte* block, int s) => 1;

    public static int SubMin(byte* block, int s) => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<sbyte> Raw(byte* block, int part) => Vector256.Load((sbyte*)block + 2);

    public static Vector256<short> SubScales(byte* block) => default;

    public static Vector256<short> SubMins(byte* block) => default;
}
