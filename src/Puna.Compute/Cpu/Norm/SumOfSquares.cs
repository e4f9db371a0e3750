using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Puna.Compute.Cpu.Norm;

/// <summary>
/// The sum of x² over a row, in float64: squares of floats are exact there, so that only the order of the additions
/// matters. Element i goes to sum i mod 8 of 8 sums, which a fixed tree adds up; every width does just that.
/// </summary>
internal static unsafe class SumOfSquares
{
    private const int Sums = 8;

    /// <summary>Sum over <paramref name="length"/> floats at <paramref name="x"/>.</summary>
    public static double Of(float* x, int length)
    {
        if (Vector512.IsHardwareAccelerated) return Of512(x, length);
        if (Vector256.IsHardwareAccelerated) return Of256(x, length);
        return Vector128.IsHardwareAccelerated ? Of128(x, length) : OfScalar(x, length);
    }

    /// <summary>Reference: the plainest form that is right.</summary>
    internal static double OfScalar(float* x, int length)
    {
        double* sums = stackalloc double[Sums];
        for (int i = 0; i < Sums; i++) sums[i] = 0;
        return Finish(sums, x, 0, length);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static double Of512(float* x, int length)
    {
        double* sums = stackalloc double[Sums];
        Vector512<double> all = Vector512<double>.Zero;
        int i = 0;
        for (; i <= length - 8; i += 8)
        {
            Vector512<double> wide = Vector512.WidenLower(Vector256.Load(x + i).ToVector512Unsafe());
            all += wide * wide;
        }

        all.Store(sums);
        return Finish(sums, x, i, length);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static double Of256(float* x, int length)
    {
        double* sums = stackalloc double[Sums];
        Vector256<double> low = Vector256<double>.Zero, high = Vector256<double>.Zero;
        int i = 0;
        for (; i <= length - 8; i += 8)
        {
            (Vector256<double> a, Vector256<double> b) = Vector256.Widen(Vector256.Load(x + i));
            low += a * a;
            high += b * b;
        }

        low.Store(sums);
        high.Store(sums + 4);
        return Finish(sums, x, i, length);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static double Of128(float* x, int length)
    {
        double* sums = stackalloc double[Sums];
        Vector128<double> s0 = Vector128<double>.Zero, s1 = s0, s2 = s0, s3 = s0;
        int i = 0;
        for (; i <= length - 8; i += 8)
        {
            (Vector128<double> a, Vector128<double> b) = Vector128.Widen(Vector128.Load(x + i));
            (Vector128<double> c, Vector128<double> d) = Vector128.Widen(Vector128.Load(x + i + 4));
            s0 += a * a;
            s1 += b * b;
            s2 += c * c;
            s3 += d * d;
        }

        s0.Store(sums);
        s1.Store(sums + 2);
        s2.Store(sums + 4);
        s3.Store(sums + 6);
        return Finish(sums, x, i, length);
    }

    /// <summary>Adds the elements from <paramref name="i"/> (a multiple of 8) on, and then the sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Finish(double* sums, float* x, int i, int length)
    {
        for (; i < length; i++) sums[i % Sums] += (double)x[i] * x[i];
        return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
    }
}
