using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Compute.Cpu.MatMul.Formats;

/// <summary>Indices into a table of 16 signed bytes; the layout is described at <see cref="BlockIQ4_NL"/>.</summary>
internal readonly unsafe struct IQ4_NLFormat : IBlockFormat
{
    public static ElementType Type => ElementType.IQ4_NL;

    public static int BlockLength => 32;

    public static int BlockBytes => sizeof(BlockIQ4_NL);

    public static int SubLength => 32;

    public static int ZeroPoint => 0;

    public static bool IsSigned => true;

    public static bool HasMins => false;

    public static bool AddsMins => false;

    public static int ScaleOffset => 0;

    public static int MinScaleOffset => 0;

    /// <summary>The sixteen levels.</summary>
    internal static Vector128<sbyte> Levels =>
        Vector128.Create((sbyte)-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);

    public static int Quant(byte* block, int e)
    {
        byte pair = block[2 + (e % 16)];
        return Levels[e < 16 ? pair & 15 : pair >> 4];
    }

    public static int SubScale(byte* block, int s) => 1;

    public static int SubMin(byte* block, int s) => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<sbyte> Raw(byte* block, int part) => BlockBits.Lookup(Levels, block + 2);

    public static Vector256<short> SubScales(byte* block) => default;

    public static Vector256<short> SubMins(byte* block) => default;
}
