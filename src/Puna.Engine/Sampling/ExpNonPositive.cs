using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Puna.Engine.Sampling;

/// <summary>
/// e^x for x of at most 0, in float32, within 2 units in the last place. The scalar and the vector form round alike in
/// every step, and a fused multiply-add means the same everywhere, so a weight has the same bits on every machine.
/// </summary>
/// <remarks>
/// x = n ln 2 + r with n whole and |r| at most ln(2)/2; e^r by its Taylor sum to r^7, whose remainder r^8/8! is below 6e-9, a tenth
/// of a rounding. Below <see cref="Smallest"/>, where the result would be subnormal, the result is 0.
/// </remarks>
internal static class ExpNonPositive
{
    /// <summary>Least argument with a result other than 0, just above ln(2^-126).</summary>
    public const float Smallest = -87.33f;

    private const float Log2E = 1.44269504f;

    // ln 2 in two parts: the upper has few enough bits that n times it is exact for |n| up to 126.
    private const float Ln2Upper = 0.693359375f;
    private const float Ln2Lower = -2.12194440e-4f;

    private const float C2 = 1f / 2, C3 = 1f / 6, C4 = 1f / 24, C5 = 1f / 120, C6 = 1f / 720, C7 = 1f / 5040;

    /// <summary>Reference.</summary>
    public static float Scalar(float x)
    {
        if (!(x >= Smallest)) return 0f;

        float n = MathF.Round(x * Log2E);
        float r = MathF.FusedMultiplyAdd(n, -Ln2Lower, MathF.FusedMultiplyAdd(n, -Ln2Upper, x));
        float sum = C7;
        sum = MathF.FusedMultiplyAdd(sum, r, C6);
        sum = MathF.FusedMultiplyAdd(sum, r, C5);
        sum = MathF.FusedMultiplyAdd(sum, r, C4);
        sum = MathF.FusedMultiplyAdd(sum, r, C3);
        sum = MathF.FusedMultiplyAdd(sum, r, C2);
        sum = MathF.FusedMultiplyAdd(sum, r, 1f);
        sum = MathF.FusedMultiplyAdd(sum, r, 1f);
        return sum * BitConverter.Int32BitsToSingle(((int)n + 127) << 23); // times 2^n
    }

    /// <summary>Eight at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Vector(Vector256<float> x)
    {
        Vector256<float> normal = Vector256.GreaterThanOrEqual(x, Vector256.Create(Smallest));
        Vector256<float> safe = Vector256.MaxNative(x, Vector256.Create(Smallest));
        Vector256<float> n = Vector256.Round(safe * Log2E);
        Vector256<float> r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-Ln2Upper), safe);
        r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-Ln2Lower), r);
        Vector256<float> sum = Vector256.Create(C7);
        sum = Vector256.FusedMultiplyAdd(sum, r, Vector256.Create(C6));
        sum = Vector256.FusedMultiplyAdd(sum, r, Vector256.Create(C5));
        sum = Vector256.FusedMultiplyAdd(sum, r, Vector256.Create(C4));
        sum = Vector256.FusedMultiplyAdd(sum, r, Vector256.Create(C3));
        sum = Vector256.FusedMultiplyAdd(sum, r, Vector256.Create(C2));
        sum = Vector256.FusedMultiplyAdd(sum, r, Vector256<float>.One);
        sum = Vector256.FusedMultiplyAdd(sum, r, Vector256<float>.One);
        Vector256<int> power = (Vector256.ConvertToInt32Native(n) + Vector256.Create(127)) << 23;
        return sum * power.AsSingle() & normal;
    }

    /// <summary>Sixteen at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Vector(Vector512<float> x)
    {
        Vector512<float> normal = Vector512.GreaterThanOrEqual(x, Vector512.Create(Smallest));
        Vector512<float> safe = Vector512.MaxNative(x, Vector512.Create(Smallest));
        Vector512<float> n = Vector512.Round(safe * Log2E);
        Vector512<float> r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2Upper), safe);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2Lower), r);
        Vector512<float> sum = Vector512.Create(C7);
        sum = Vector512.FusedMultiplyAdd(sum, r, Vector512.Create(C6));
        sum = Vector512.FusedMultiplyAdd(sum, r, Vector512.Create(C5));
        sum = Vector512.FusedMultiplyAdd(sum, r, Vector512.Create(C4));
        sum = Vector512.FusedMultiplyAdd(sum, r, Vector512.Create(C3));
        sum = Vector512.FusedMultiplyAdd(sum, r, Vector512.Create(C2));
        sum = Vector512.FusedMultiplyAdd(sum, r, Vector512<float>.One);
        sum = Vector512.FusedMultiplyAdd(sum, r, Vector512<float>.One);
        Vector512<int> power = (Vector512.ConvertToInt32Native(n) + Vector512.Create(127)) << 23;
        return sum * power.AsSingle() & normal;
    }
}
