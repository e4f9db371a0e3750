using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Puna.Compute.Cpu.Lanes;

namespace Puna.Compute.Cpu.Norm;

/// <summary>y = w * (x * r), r = 1 / sqrt(mean(x²) + eps) rounded once to float32; or y = x * r without a weight.</summary>
/// <remarks>Source: Zhang and Sennrich, Root Mean Square Layer Normalization, 2019.</remarks>
internal static unsafe class RmsNorm
{
    /// <summary>Normalises one row.</summary>
    /// <param name="x">[width].</param>
    /// <param name="weight">[width], or null for a factor of 1.</param>
    /// <param name="y">[width]; may be <paramref name="x"/>.</param>
    /// <param name="width">Components, at least 1.</param>
    /// <param name="eps">Added to the mean square.</param>
    public static void Run(float* x, float* weight, float* y, int width, float eps)
    {
        if (Vector512.IsHardwareAccelerated) Run<Lanes512>(x, weight, y, width, eps);
        else if (Vector256.IsHardwareAccelerated) Run<Lanes256>(x, weight, y, width, eps);
        else if (Vector128.IsHardwareAccelerated) Run<Lanes128>(x, weight, y, width, eps);
        else Run<Lanes1>(x, weight, y, width, eps);
    }

    /// <summary>The kernel for lanes of type <typeparamref name="T"/>; all give the same bits.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)] // a root of its own: inside a caller the lanes would exceed the inliner's budget
    internal static void Run<T>(float* x, float* weight, float* y, int width, float eps)
        where T : struct, ILanes<T>
    {
        double meanSquare = SumOfSquares.Of(x, width) / width;
        float factor = (float)(1 / Math.Sqrt(meanSquare + eps));

        int i = 0;
        for (; i <= width - T.Count; i += T.Count) Step<T>(x, weight, y, i, factor);
        for (; i < width; i++) Step<Lanes1>(x, weight, y, i, factor);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<T>(float* x, float* weight, float* y, int i, float factor)
        where T : struct, ILanes<T>
    {
        T scaled = T.Load(x + i) * T.Create(factor);
        T.Store(weight is null ? scaled : T.Load(weight + i) * scaled, y + i);
    }
}
