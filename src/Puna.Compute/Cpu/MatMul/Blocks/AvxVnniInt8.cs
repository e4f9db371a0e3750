using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Puna.Compute.Cpu.MatMul.Blocks;

/// <summary>AVX-VNNI: vpdpbusd and vpdpwssd multiply and add in one step; all else as AVX2.</summary>
internal readonly unsafe struct AvxVnniInt8 : IInt8Instructions
{
    public static string Name => "avxvnni";

    public static CpuLevel Level => CpuLevel.AvxVnni;

    public static bool IsSupported => AvxVnni.IsSupported && Avx2Int8.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Dot4(Vector256<int> sum, Vector256<byte> unsigned, Vector256<sbyte> signed) =>
        AvxVnni.MultiplyWideningAndAdd(sum, unsigned, signed);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Dot4Small(Vector256<int> sum, Vector256<byte> unsigned, Vector256<sbyte> signed) =>
        AvxVnni.MultiplyWideningAndAdd(sum, unsigned, signed);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Pairs(Vector256<byte> unsigned, Vector256<sbyte> signed) => Avx2Int8.Pairs(unsigned, signed);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Dot2(Vector256<int> sums, Vector256<short> a, Vector256<short> b) =>
        AvxVnni.MultiplyWideningAndAdd(sums, a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Dot2InLanes(Vector256<int> sum, Vector256<short> a, Vector256<short> b) =>
        AvxVnni.MultiplyWideningAndAdd(sum, a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<sbyte> Sign(Vector256<sbyte> v, Vector256<sbyte> sign) => Avx2.Sign(v, sign);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Spread(Vector256<short> v, int lane) => Avx2Int8.Spread(v, lane);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Sum8(Vector256<int>* v) => Avx2Int8.Sum8(v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Transpose8(int* source, int sourceStride, int* destination, int destinationStride) =>
        Avx2Int8.Transpose8(source, sourceStride, destination, destinationStride);
}
