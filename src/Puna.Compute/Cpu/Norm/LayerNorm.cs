using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Puna.Compute.Cpu.Lanes;

namespace Puna.Compute.Cpu.Norm;

/// <summary>
/// y = w (x - m) r + b with m the mean and r = 1 / sqrt(mean((x - m)²) + eps), each rounded once to float32 from sums in
/// float64.
/// </summary>
/// <remarks>Source: Ba, Kiros and Hinton, Layer Normalization, 2016.</remarks>
internal static unsafe class LayerNorm
{
    /// <summary>Normalises one row.</summary>
    /// <param name="x">[width].</param>
    /// <param name="weight">[width].</param>
    /// <param name="bias">[width].</param>
    /// <param name="y">[width]; may be <paramref name="x"/>.</param>
    /// <param name="width">Components, at least 1.</param>
    /// <param name="eps">Added to the variance.</param>
    public static void Run(float* x, float* weight, float* bias, float* y, int width, float eps)
    {
        if (Vector512.IsHardwareAccelerated) Run<Lanes512>(x, weight, bias, y, width, eps);
        else if (Vector256.IsHardwareAccelerated) Run<Lanes256>(x, weight, bias, y, width, eps);
        else if (Vector128.IsHardwareAccelerated) Run<Lanes128>(x, weight, bias, y, width, eps);
        else Run<Lanes1>(x, weight, bias, y, width, eps);
    }

    /// <summary>The kernel for lanes of type <typeparamref name="T"/>; all give the same bits.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)] // a root of its own: inside a caller the lanes would exceed the inliner's budget
    internal static void Run<T>(float* x, float* weight, float* bias, float* y, int width, float eps)
        where T : struct, ILanes<T>
    {
        float mean = (float)(Sum(x, width) / width);
        int i = 0;
        for (; i <= width - T.Count; i += T.Count) T.Store(T.Load(x + i) - T.Create(mean), y + i);
        for (; i < width; i++) y[i] = x[i] - mean;

        float factor = (float)(1 / Math.Sqrt((SumOfSquares.Of(y, width) / width) + eps));
        for (i = 0; i <= width - T.Count; i += T.Count) Step<T>(weight, bias, y, i, factor);
        for (; i < width; i++) Step<Lanes1>(weight, bias, y, i, factor);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<T>(float* weight, float* bias, float* y, int i, float factor)
        where T : struct, ILanes<T> =>
        T.Store(T.Fma(T.Load(y + i) * T.Create(factor), T.Load(weight + i), T.Load(bias + i)), y + i);

    /// <summary>The sum in float64: element i in sum i mod 4 of 4, so that additions need not wait for each other.</summary>
    private static double Sum(float* x, int length)
    {
        double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        int i = 0;
        for (; i <= length - 4; i += 4)
        {
            s0 += x[i];
            s1 += x[i + 1];
            s2 += x[i + 2];
            s3 += x[i + 3];
        }

        for (; i < length; i++) s0 += x[i];
        return (s0 + s1) + (s2 + s3);
    }
}
