using System.Runtime.CompilerServices;
using Puna.Compute.Cpu.Lanes;

namespace Puna.Compute.Cpu.Attention;

/// <summary>
/// Scores of some queries against the keys of one tile: s[v][j] = scale * Σ_d q[v][d] k[d][j], a chain of fused
/// multiply-adds in order of d that starts at zero. Lanes run along keys, so that no chain depends on another.
/// </summary>
internal static unsafe class ScoreKernel
{
    /// <summary>Computes all scores of the tile.</summary>
    /// <param name="queries">First component of each query.</param>
    /// <param name="nQueries">Queries.</param>
    /// <param name="keys">[headDim][keyStride] elements, component-major.</param>
    /// <param name="keyStride">Elements from one component to the next.</param>
    /// <param name="nKeys">Keys, a multiple of 16.</param>
    /// <param name="headDim">Components.</param>
    /// <param name="scale">Factor of every score.</param>
    /// <param name="scores">[nQueries][nKeys].</param>
    /// <param name="next">What will be read next, of the size of the keys: fetched meanwhile. Need not be there.</param>
    public static void Run<T, TKeys>(float** queries, int nQueries, byte* keys, int keyStride, int nKeys, int headDim, float scale, float* scores, byte* next)
        where T : struct, ILanes<T>
        where TKeys : struct, IElements
    {
        int v = 0;
        for (; v <= nQueries - 5; v += 5) Some<T, TKeys, Five>(queries + v, keys, keyStride, nKeys, headDim, scale, scores + ((long)v * nKeys), next);

        queries += v;
        scores += (long)v * nKeys;
        switch (nQueries - v)
        {
            case 4: Some<T, TKeys, Four>(queries, keys, keyStride, nKeys, headDim, scale, scores, next); break;
            case 3: Some<T, TKeys, Three>(queries, keys, keyStride, nKeys, headDim, scale, scores, next); break;
            case 2: Some<T, TKeys, Two>(queries, keys, keyStride, nKeys, headDim, scale, scores, next); break;
            case 1: Some<T, TKeys, One>(queries, keys, keyStride, nKeys, headDim, scale, scores, next); break;
        }
    }

    private static void Some<T, TKeys, TQueries>(float** queries, byte* keys, int keyStride, int nKeys, int headDim, float scale, float* scores, byte* next)
        where T : struct, ILanes<T>
        where TKeys : struct, IElements
        where TQueries : struct, IFixedCount
    {
        int j = 0;
        if (T.Count == 16) // 32 registers: 20 accumulators
        {
            for (; j <= nKeys - 64; j += 64)
                Tile<T, TKeys, TQueries, Four>(queries, keys + (j * TKeys.Size), keyStride, nKeys, headDim, scale, scores + j, next + (j * TKeys.Size));
            for (; j < nKeys; j += 16)
                Tile<T, TKeys, TQueries, One>(queries, keys + (j * TKeys.Size), keyStride, nKeys, headDim, scale, scores + j, next + (j * TKeys.Size));
        }
        else // 16 registers: 10 accumulators
        {
            for (; j < nKeys; j += 2 * T.Count)
                Tile<T, TKeys, TQueries, Two>(queries, keys + (j * TKeys.Size), keyStride, nKeys, headDim, scale, scores + j, next + (j * TKeys.Size));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)] // a root of its own: inside a caller the lanes would exceed the inliner's budget
    private static void Tile<T, TKeys, TQueries, TVectors>(float** queries, byte* keys, int keyStride, int nKeys, int headDim, float scale, float* scores, byte* next)
        where T : struct, ILanes<T>
        where TKeys : struct, IElements
        where TQueries : struct, IFixedCount
        where TVectors : struct, IFixedCount
    {
        float* q0 = queries[0];
        float* q1 = TQueries.N > 1 ? queries[1] : q0, q2 = TQueries.N > 2 ? queries[2] : q0;
        float* q3 = TQueries.N > 3 ? queries[3] : q0, q4 = TQueries.N > 4 ? queries[4] : q0;
        int vector = T.Count * TKeys.Size;
        long row = (long)keyStride * TKeys.Size;

        T zero = T.Create(0f);
        T a00 = zero, a01 = zero, a02 = zero, a03 = zero;
        T a10 = zero, a11 = zero, a12 = zero, a13 = zero;
        T a20 = zero, a21 = zero, a22 = zero, a23 = zero;
        T a30 = zero, a31 = zero, a32 = zero, a33 = zero;
        T a40 = zero, a41 = zero, a42 = zero, a43 = zero;
        for (int d = 0; d < headDim; d++, keys += row, next += row)
        {
            Prefetch.Lines(next, TVectors.N * vector);
            T k0 = TKeys.Load<T>(keys);
            T k1 = TVectors.N > 1 ? TKeys.Load<T>(keys + vector) : zero;
            T k2 = TVectors.N > 2 ? TKeys.Load<T>(keys + (2 * vector)) : zero;
            T k3 = TVectors.N > 3 ? TKeys.Load<T>(keys + (3 * vector)) : zero;

            T x0 = T.Create(q0[d]);
            a00 = T.Fma(x0, k0, a00);
            if (TVectors.N > 1) a01 = T.Fma(x0, k1, a01);
            if (TVectors.N > 2) a02 = T.Fma(x0, k2, a02);
            if (TVectors.N > 3) a03 = T.Fma(x0, k3, a03);

            if (TQueries.N > 1)
            {
                T x1 = T.Create(q1[d]);
                a10 = T.Fma(x1, k0, a10);
                if (TVectors.N > 1) a11 = T.Fma(x1, k1, a11);
                if (TVectors.N > 2) a12 = T.Fma(x1, k2, a12);
                if (TVectors.N > 3) a13 = T.Fma(x1, k3, a13);
            }

            if (TQueries.N > 2)
            {
                T x2 = T.Create(q2[d]);
                a20 = T.Fma(x2, k0, a20);
                if (TVectors.N > 1) a21 = T.Fma(x2, k1, a21);
                if (TVectors.N > 2) a22 = T.Fma(x2, k2, a22);
                if (TVectors.N > 3) a23 = T.Fma(x2, k3, a23);
            }

            if (TQueries.N > 3)
            {
                T x3 = T.Create(q3[d]);
                a30 = T.Fma(x3, k0, a30);
                if (TVectors.N > 1) a31 = T.Fma(x3, k1, a31);
                if (TVectors.N > 2) a32 = T.Fma(x3, k2, a32);
                if (TVectors.N > 3) a33 = T.Fma(x3, k3, a33);
            }

            if (TQueries.N > 4)
            {
                T x4 = T.Create(q4[d]);
                a40 = T.Fma(x4, k0, a40);
                if (TVectors.N > 1) a41 = T.Fma(x4, k1, a41);
                if (TVectors.N > 2) a42 = T.Fma(x4, k2, a42);
                if (TVectors.N > 3) a43 = T.Fma(x4, k3, a43);
            }
        }

        T factor = T.Create(scale);
        Store<T, TVectors>(scores, factor, a00, a01, a02, a03);
        if (TQueries.N > 1) Store<T, TVectors>(scores + nKeys, factor, a10, a11, a12, a13);
        if (TQueries.N > 2) Store<T, TVectors>(scores + (2L * nKeys), factor, a20, a21, a22, a23);
        if (TQueries.N > 3) Store<T, TVectors>(scores + (3L * nKeys), factor, a30, a31, a32, a33);
        if (TQueries.N > 4) Store<T, TVectors>(scores + (4L * nKeys), factor, a40, a41, a42, a43);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T, TVectors>(float* scores, T factor, T a0, T a1, T a2, T a3)
        where T : struct, ILanes<T>
        where TVectors : struct, IFixedCount
    {
        T.Store(a0 * factor, scores);
        if (TVectors.N > 1) T.Store(a1 * factor, scores + T.Count);
        if (TVectors.N > 2) T.Store(a2 * factor, scores + (2 * T.Count));
        if (TVectors.N > 3) T.Store(a3 * factor, scores + (3 * T.Count));
    }
}
