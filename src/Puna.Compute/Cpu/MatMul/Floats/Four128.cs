using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Puna.Compute.Cpu.MatMul.Floats;

/// <summary>Sixteen lanes in four 128-bit registers; runs everywhere.</summary>
internal readonly unsafe struct Four128 : ILanes16<Four128>
{
    private readonly Vector128<float> _v0, _v1, _v2, _v3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Four128(Vector128<float> v0, Vector128<float> v1, Vector128<float> v2, Vector128<float> v3)
    {
        _v0 = v0;
        _v1 = v1;
        _v2 = v2;
        _v3 = v3;
    }

    public static string Name => "vector128";

    public static CpuLevel Level => CpuLevel.Portable;

    public static bool IsSupported => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Four128 Create(float value) => new(Vector128.Create(value), Vector128.Create(value), Vector128.Create(value), Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Four128 Load(float* source) => new(Vector128.Load(source), Vector128.Load(source + 4), Vector128.Load(source + 8), Vector128.Load(source + 12));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Four128 LoadF16(ushort* source) => new(HalfConversion.Load128(source), HalfConversion.Load128(source + 4), HalfConversion.Load128(source + 8), HalfConversion.Load128(source + 12));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Four128 LoadBF16(ushort* source) => new(Widen(source), Widen(source + 4), Widen(source + 8), Widen(source + 12));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Four128 value, float* destination)
    {
        value._v0.Store(destination);
        value._v1.Store(destination + 4);
        value._v2.Store(destination + 8);
        value._v3.Store(destination + 12);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Four128 Fma(Four128 a, Four128 b, Four128 c) => new(Vector128.FusedMultiplyAdd(a._v0, b._v0, c._v0), Vector128.FusedMultiplyAdd(a._v1, b._v1, c._v1), Vector128.FusedMultiplyAdd(a._v2, b._v2, c._v2), Vector128.FusedMultiplyAdd(a._v3, b._v3, c._v3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Four128 value)
    {
        Vector128<float> four = (value._v0 + value._v2) + (value._v1 + value._v3);
        return (four.GetElement(0) + four.GetElement(2)) + (four.GetElement(1) + four.GetElement(3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Widen(ushort* source) =>
        Vector128.ShiftLeft(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)source).AsUInt16()), 16).AsSingle();
}
