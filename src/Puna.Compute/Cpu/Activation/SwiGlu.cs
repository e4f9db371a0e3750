using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Puna.Compute.Cpu.Lanes;

namespace Puna.Compute.Cpu.Activation;

/// <summary>y = silu(gate) * up, silu(z) = z / (1 + exp(-z)), by <see cref="VectorExp"/>.</summary>
internal static unsafe class SwiGlu
{
    /// <summary>Computes y over the length of <paramref name="y"/>, which may be <paramref name="gate"/> or <paramref name="up"/>.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Run(ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> y)
    {
        if (gate.Length != y.Length) KernelThrow.Shape(nameof(SwiGlu), "the length of gate", gate.Length, y.Length);
        if (up.Length != y.Length) KernelThrow.Shape(nameof(SwiGlu), "the length of up", up.Length, y.Length);

        fixed (float* g = gate, u = up, o = y)
        {
            if (Vector512.IsHardwareAccelerated) Run<Lanes512>(g, u, o, y.Length);
            else if (Vector256.IsHardwareAccelerated) Run<Lanes256>(g, u, o, y.Length);
            else if (Vector128.IsHardwareAccelerated) Run<Lanes128>(g, u, o, y.Length);
            else Run<Lanes1>(g, u, o, y.Length);
        }
    }

    /// <summary>The kernel for lanes of type <typeparamref name="T"/>; all give the same bits.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)] // a root of its own: inside a caller the lanes would exceed the inliner's budget
    internal static void Run<T>(float* gate, float* up, float* y, int length)
        where T : struct, ILanes<T>
    {
        int i = 0;
        for (; i <= length - T.Count; i += T.Count) Step<T>(gate + i, up + i, y + i);
        for (; i < length; i++) Step<Lanes1>(gate + i, up + i, y + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<T>(float* gate, float* up, float* y)
        where T : struct, ILanes<T>
    {
        T z = T.Load(gate);
        T silu = z / (T.Create(1f) + VectorExp.Exp(T.Create(0f) - z));
        T.Store(silu * T.Load(up), y);
    }
}
