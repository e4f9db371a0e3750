using System.Numerics;
using System.Runtime.InteropServices;

namespace Puna.Compute.Cpu.Activation;

/// <summary>x = x * factor.</summary>
internal static class Scaling
{
    /// <summary>Scales all of <paramref name="x"/> in place.</summary>
    public static void Run(Span<float> x, float factor)
    {
        Span<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(x);
        foreach (ref Vector<float> vector in vectors) vector *= factor;
        foreach (ref float value in x[(vectors.Length * Vector<float>.Count)..]) value *= factor;
    }
}
