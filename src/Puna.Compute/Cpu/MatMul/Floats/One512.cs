using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Puna.Compute.Cpu.MatMul.Floats;

/// <summary>Sixteen lanes in one 512-bit register.</summary>
internal readonly unsafe struct One512 : ILanes16<One512>
{
    private readonly Vector512<float> _v0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private One512(Vector512<float> v0)
    {
        _v0 = v0;
    }

    public static string Name => "vector512";

    public static CpuLevel Level => CpuLevel.Avx512;

    public static bool IsSupported => Vector512.IsHardwareAccelerated;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static One512 Create(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static One512 Load(float* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static One512 LoadF16(ushort* source) => new(HalfConversion.Load512(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static One512 LoadBF16(ushort* source) => new(Widen(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(One512 value, float* destination)
    {
        value._v0.Store(destination);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static One512 Fma(One512 a, One512 b, One512 c) => new(Vector512.FusedMultiplyAdd(a._v0, b._v0, c._v0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(One512 value)
    {
        Vector256<float> eight = value._v0.GetLower() + value._v0.GetUpper();
        Vector128<float> four = eight.GetLower() + eight.GetUpper();
        return (four.GetElement(0) + four.GetElement(2)) + (four.GetElement(1) + four.GetElement(3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Widen(ushort* source) =>
        Vector512.ShiftLeft(Vector512.WidenLower(Vector256.Load(source).ToVector512Unsafe()), 16).AsSingle();
}
