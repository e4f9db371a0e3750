using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Puna.Compute.Cpu.Lanes;
using Puna.Compute.Cpu.Norm;

namespace Puna.Compute.Cpu.Rope;

/// <summary>
/// Rotates the heads of one row in place: the pair (a, b) of angle t becomes (a cos t - b sin t, b cos t + a sin t), each
/// as one product and one fused multiply-add. Pairs are (2m, 2m + 1), or (m, m + d/2) of the d rotated components;
/// components from d on are left alone.
/// </summary>
/// <remarks>Source: Su et al., RoFormer, 2021, eq. 34.</remarks>
internal static unsafe class HeadRotation
{
    /// <summary>Pairs whose factors are spread out at a time, for all heads of the row.</summary>
    private const int PairsAtOnce = 64;

    /// <summary>Rotates and, with an epsilon, divides each head by the root of its mean square.</summary>
    /// <param name="heads">[nHeads, headDim].</param>
    /// <param name="nHeads">Heads.</param>
    /// <param name="headDim">Components of a head.</param>
    /// <param name="angles">[2 * pairs] as <see cref="RopeAngles"/> fills them.</param>
    /// <param name="pairs">At most headDim / 2.</param>
    /// <param name="pairing">Which components form a pair.</param>
    /// <param name="normEps">Epsilon of the norm over all <paramref name="headDim"/> components, or null.</param>
    public static void Run(float* heads, int nHeads, int headDim, float* angles, int pairs, RopePairing pairing, float? normEps)
    {
        if (pairing == RopePairing.Adjacent) RotateAdjacent(heads, nHeads, headDim, angles, pairs);
        else if (Vector512.IsHardwareAccelerated) RotateHalfSplit<Lanes512>(heads, nHeads, headDim, angles, pairs);
        else if (Vector256.IsHardwareAccelerated) RotateHalfSplit<Lanes256>(heads, nHeads, headDim, angles, pairs);
        else if (Vector128.IsHardwareAccelerated) RotateHalfSplit<Lanes128>(heads, nHeads, headDim, angles, pairs);
        else RotateHalfSplit<Lanes1>(heads, nHeads, headDim, angles, pairs);

        if (normEps is not { } eps) return;

        for (int h = 0; h < nHeads; h++)
        {
            float* head = heads + ((long)h * headDim);
            RmsNorm.Run(head, null, head, headDim, eps);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)] // a root of its own: inside a caller the lanes would exceed the inliner's budget
    internal static void RotateHalfSplit<T>(float* heads, int nHeads, int headDim, float* angles, int pairs)
        where T : struct, ILanes<T>
    {
        float* cos = stackalloc float[PairsAtOnce], sin = stackalloc float[PairsAtOnce];
        for (int first = 0; first < pairs; first += PairsAtOnce)
        {
            int count = Math.Min(PairsAtOnce, pairs - first);
            for (int m = 0; m < count; m++)
            {
                cos[m] = angles[2 * (first + m)];
                sin[m] = angles[(2 * (first + m)) + 1];
            }

            for (int h = 0; h < nHeads; h++)
            {
                float* a = heads + ((long)h * headDim) + first;
                float* b = a + pairs;
                int m = 0;
                for (; m <= count - T.Count; m += T.Count) Turn<T>(a + m, b + m, cos + m, sin + m);
                for (; m < count; m++) Turn<Lanes1>(a + m, b + m, cos + m, sin + m);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn<T>(float* a, float* b, float* cos, float* sin)
        where T : struct, ILanes<T>
    {
        T x = T.Load(a), y = T.Load(b), c = T.Load(cos), s = T.Load(sin);
        T.Store(T.Fma(x, c, y * (T.Create(-1f) * s)), a);
        T.Store(T.Fma(y, c, x * s), b);
    }

    internal static void RotateAdjacent(float* heads, int nHeads, int headDim, float* angles, int pairs)
    {
        // Spread so that component i of a head is x[i] * cos[i] + x[i ^ 1] * sin[i].
        float* cos = stackalloc float[2 * PairsAtOnce], sin = stackalloc float[2 * PairsAtOnce];
        for (int first = 0; first < pairs; first += PairsAtOnce)
        {
            int count = Math.Min(PairsAtOnce, pairs - first);
            for (int m = 0; m < count; m++)
            {
                cos[2 * m] = cos[(2 * m) + 1] = angles[2 * (first + m)];
                sin[(2 * m) + 1] = angles[(2 * (first + m)) + 1];
                sin[2 * m] = -sin[(2 * m) + 1];
            }

            for (int h = 0; h < nHeads; h++) TurnAdjacent(heads + ((long)h * headDim) + (2 * first), cos, sin, 2 * count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TurnAdjacent(float* x, float* cos, float* sin, int length)
    {
        int i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            for (; i <= length - 16; i += 16)
            {
                Vector512<float> v = Vector512.Load(x + i);
                Vector512<ulong> pairs = v.AsUInt64();
                Vector512<float> swapped = ((pairs << 32) | (pairs >>> 32)).AsSingle();
                Vector512.FusedMultiplyAdd(v, Vector512.Load(cos + i), swapped * Vector512.Load(sin + i)).Store(x + i);
            }
        }

        if (Vector256.IsHardwareAccelerated)
        {
            for (; i <= length - 8; i += 8)
            {
                Vector256<float> v = Vector256.Load(x + i);
                Vector256<ulong> pairs = v.AsUInt64();
                Vector256<float> swapped = ((pairs << 32) | (pairs >>> 32)).AsSingle();
                Vector256.FusedMultiplyAdd(v, Vector256.Load(cos + i), swapped * Vector256.Load(sin + i)).Store(x + i);
            }
        }

        if (Vector128.IsHardwareAccelerated)
        {
            for (; i <= length - 4; i += 4)
            {
                Vector128<float> v = Vector128.Load(x + i);
                Vector128<ulong> pairs = v.AsUInt64();
                Vector128<float> swapped = ((pairs << 32) | (pairs >>> 32)).AsSingle();
                Vector128.FusedMultiplyAdd(v, Vector128.Load(cos + i), swapped * Vector128.Load(sin + i)).Store(x + i);
            }
        }

        for (; i < length; i += 2)
        {
            (float a, float b) = (x[i], x[i + 1]);
            x[i] = MathF.FusedMultiplyAdd(a, cos[i], b * sin[i]);
            x[i + 1] = MathF.FusedMultiplyAdd(b, cos[i + 1], a * sin[i + 1]);
        }
    }
}
