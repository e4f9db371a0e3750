using System.Numerics;
using System.Runtime.InteropServices;

namespace Puna.Compute.Cpu.Experts;

/// <summary>x = x + y.</summary>
internal static class Summing
{
    /// <summary>Adds <paramref name="y"/> to <paramref name="x"/>, of the same length.</summary>
    public static void Add(Span<float> x, ReadOnlySpan<float> y)
    {
        Span<Vector<float>> sums = MemoryMarshal.Cast<float, Vector<float>>(x);
        ReadOnlySpan<Vector<float>> added = MemoryMarshal.Cast<float, Vector<float>>(y);
        for (int i = 0; i < sums.Length; i++) sums[i] += added[i];
        for (int i = sums.Length * Vector<float>.Count; i < x.Length; i++) x[i] += y[i];
    }
}
