using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Puna.Compute.Cpu.MatMul.Floats;

/// <summary>Sixteen lanes in two 256-bit registers.</summary>
internal readonly unsafe struct Two256 : ILanes16<Two256>
{
    private readonly Vector256<float> _v0, _v1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Two256(Vector256<float> v0, Vector256<float> v1)
    {
        _v0 = v0;
        _v1 = v1;
    }

    public static string Name => "vector256";

    public static CpuLevel Level => CpuLevel.Avx2;

    public static bool IsSupported => Vector256.IsHardwareAccelerated;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Two256 Create(float value) => new(Vector256.Create(value), Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Two256 Load(float* source) => new(Vector256.Load(source), Vector256.Load(source + 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Two256 LoadF16(ushort* source) => new(HalfConversion.Load256(source), HalfConversion.Load256(source + 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Two256 LoadBF16(ushort* source) => new(Widen(source), Widen(source + 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Two256 value, float* destination)
    {
        value._v0.Store(destination);
        value._v1.Store(destination + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Two256 Fma(Two256 a, Two256 b, Two256 c) => new(Vector256.FusedMultiplyAdd(a._v0, b._v0, c._v0), Vector256.FusedMultiplyAdd(a._v1, b._v1, c._v1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Two256 value)
    {
        Vector256<float> eight = value._v0 + value._v1;
        Vector128<float> four = eight.GetLower() + eight.GetUpper();
        return (four.GetElement(0) + four.GetElement(2)) + (four.GetElement(1) + four.GetElement(3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Widen(ushort* source) =>
        Vector256.ShiftLeft(Vector256.WidenLower(Vector128.Load(source).ToVector256Unsafe()), 16).AsSingle();
}
