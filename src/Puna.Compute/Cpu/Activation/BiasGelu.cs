using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Puna.Compute.Cpu.Lanes;

namespace Puna.Compute.Cpu.Activation;

/// <summary>x = gelu(x + b), gelu(z) = z Φ(z), and x += b without the function.</summary>
/// <remarks>
/// z Φ(z) = max(z, 0) - |z| erfc(|z| / √2) / 2, which needs no case for the sign. With a = |z| / √2 and t = 1 / (1 + a / 2),
/// erfc(a) = t exp(g(t) - a²); g is the polynomial of degree 9 through Chebyshev points of (0, 1], by which erfc has a
/// relative error below 1.2e-7, and gelu an absolute one below 3e-7 max(1, |z|).
/// </remarks>
internal static unsafe class BiasGelu
{
    private const float InverseSqrt2 = 0.70710678f;

    private const float G0 = -1.265512228012085f;
    private const float G1 = 1.0000238418579102f;
    private const float G2 = 0.3740897476673126f;
    private const float G3 = 0.09680180251598358f;
    private const float G4 = -0.18636435270309448f;
    private const float G5 = 0.27906227111816406f;
    private const float G6 = -1.1355026960372925f;
    private const float G7 = 1.4887889623641968f;
    private const float G8 = -0.8222887516021729f;
    private const float G9 = 0.17090152204036713f;

    /// <summary>Works on one row in place.</summary>
    /// <param name="x">[width].</param>
    /// <param name="bias">[width].</param>
    /// <param name="width">Components.</param>
    /// <param name="activate">Apply the function, not the bias alone.</param>
    public static void Run(float* x, float* bias, int width, bool activate)
    {
        if (Vector512.IsHardwareAccelerated) Run<Lanes512>(x, bias, width, activate);
        else if (Vector256.IsHardwareAccelerated) Run<Lanes256>(x, bias, width, activate);
        else if (Vector128.IsHardwareAccelerated) Run<Lanes128>(x, bias, width, activate);
        else Run<Lanes1>(x, bias, width, activate);
    }

    /// <summary>The kernel for lanes of type <typeparamref name="T"/>; all give the same bits.</summary>
    internal static void Run<T>(float* x, float* bias, int width, bool activate)
        where T : struct, ILanes<T>
    {
        if (activate) Activate<T>(x, bias, width);
        else Add<T>(x, bias, width);
    }

    [MethodImpl(MethodImplOptions.NoInlining)] // a root of its own: inside a caller the lanes would exceed the inliner's budget
    private static void Activate<T>(float* x, float* bias, int width)
        where T : struct, ILanes<T>
    {
        int i = 0;
        for (; i <= width - T.Count; i += T.Count) T.Store(Gelu(T.Load(x + i) + T.Load(bias + i)), x + i);
        for (; i < width; i++) Lanes1.Store(Gelu(Lanes1.Load(x + i) + Lanes1.Load(bias + i)), x + i);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Add<T>(float* x, float* bias, int width)
        where T : struct, ILanes<T>
    {
        int i = 0;
        for (; i <= width - T.Count; i += T.Count) T.Store(T.Load(x + i) + T.Load(bias + i), x + i);
        for (; i < width; i++) x[i] += bias[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Gelu<T>(T z)
        where T : struct, ILanes<T>
    {
        T zero = T.Create(0f), one = T.Create(1f);
        T magnitude = T.Max(zero - z, z);
        T a = magnitude * T.Create(InverseSqrt2);
        T t = one / T.Fma(a, T.Create(0.5f), one);

        T g = T.Fma(T.Create(G9), t, T.Create(G8));
        g = T.Fma(g, t, T.Create(G7));
        g = T.Fma(g, t, T.Create(G6));
        g = T.Fma(g, t, T.Create(G5));
        g = T.Fma(g, t, T.Create(G4));
        g = T.Fma(g, t, T.Create(G3));
        g = T.Fma(g, t, T.Create(G2));
        g = T.Fma(g, t, T.Create(G1));
        g = T.Fma(g, t, T.Create(G0));

        T half = T.Create(0.5f) * magnitude;
        T tail = t * VectorExp.Exp(T.Fma(zero - half, magnitude, g)); // erfc; a² = z²/2
        return T.Fma(zero - half, tail, T.Max(zero, z));
    }
}
