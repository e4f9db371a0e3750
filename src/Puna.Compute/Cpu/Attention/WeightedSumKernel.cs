using System.Runtime.CompilerServices;
using Puna.Compute.Cpu.Lanes;

namespace Puna.Compute.Cpu.Attention;

/// <summary>
/// Adds the values of one tile, weighted, to the running sums of some queries: o[v] = factor[v] o[v] + Σ_j p[v][j] v[j],
/// a chain of fused multiply-adds in order of j. Lanes run along components, so that no chain depends on another.
/// </summary>
internal static unsafe class WeightedSumKernel
{
    /// <summary>Adds the keys [first, end) of the tile.</summary>
    /// <param name="probs">[nQueries][nKeys] weights of the tile's keys.</param>
    /// <param name="nKeys">Floats from one query's weights to the next.</param>
    /// <param name="factors">[nQueries] factors of the sums so far.</param>
    /// <param name="nQueries">Queries.</param>
    /// <param name="values">[keys][width] elements, token-major.</param>
    /// <param name="width">Elements from one value, and from one sum, to the next; a multiple of 16.</param>
    /// <param name="first">First key.</param>
    /// <param name="end">One more than the last key.</param>
    /// <param name="sums">[nQueries][width].</param>
    /// <param name="next">What will be read next, of the size of the values: fetched meanwhile. Need not be there.</param>
    public static void Run<T, TValues>(float* probs, int nKeys, float* factors, int nQueries, byte* values, int width, int first, int end, float* sums, byte* next)
        where T : struct, ILanes<T>
        where TValues : struct, IElements
    {
        int v = 0;
        for (; v <= nQueries - 5; v += 5)
            Some<T, TValues, Five>(probs + ((long)v * nKeys), nKeys, factors + v, values, width, first, end, sums + ((long)v * width), next);

        probs += (long)v * nKeys;
        factors += v;
        sums += (long)v * width;
        switch (nQueries - v)
        {
            case 4: Some<T, TValues, Four>(probs, nKeys, factors, values, width, first, end, sums, next); break;
            case 3: Some<T, TValues, Three>(probs, nKeys, factors, values, width, first, end, sums, next); break;
            case 2: Some<T, TValues, Two>(probs, nKeys, factors, values, width, first, end, sums, next); break;
            case 1: Some<T, TValues, One>(probs, nKeys, factors, values, width, first, end, sums, next); break;
        }
    }

    private static void Some<T, TValues, TQueries>(float* probs, int nKeys, float* factors, byte* values, int width, int first, int end, float* sums, byte* next)
        where T : struct, ILanes<T>
        where TValues : struct, IElements
        where TQueries : struct, IFixedCount
    {
        int d = 0;
        if (T.Count == 16) // 32 registers: 20 accumulators
        {
            for (; d <= width - 64; d += 64)
                Tile<T, TValues, TQueries, Four>(probs, nKeys, factors, values + (d * TValues.Size), width, first, end, sums + d, next + (d * TValues.Size));
            for (; d < width; d += 16)
                Tile<T, TValues, TQueries, One>(probs, nKeys, factors, values + (d * TValues.Size), width, first, end, sums + d, next + (d * TValues.Size));
        }
        else // 16 registers: 10 accumulators
        {
            for (; d < width; d += 2 * T.Count)
                Tile<T, TValues, TQueries, Two>(probs, nKeys, factors, values + (d * TValues.Size), width, first, end, sums + d, next + (d * TValues.Size));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)] // a root of its own: inside a caller the lanes would exceed the inliner's budget
    private static void Tile<T, TValues, TQueries, TVectors>(float* probs, int nKeys, float* factors, byte* values, int width, int first, int end, float* sums, byte* next)
        where T : struct, ILanes<T>
        where TValues : struct, IElements
        where TQueries : struct, IFixedCount
        where TVectors : struct, IFixedCount
    {
        float* p0 = probs;
        float* p1 = TQueries.N > 1 ? p0 + nKeys : p0, p2 = TQueries.N > 2 ? p1 + nKeys : p0;
        float* p3 = TQueries.N > 3 ? p2 + nKeys : p0, p4 = TQueries.N > 4 ? p3 + nKeys : p0;
        int vector = T.Count * TValues.Size;
        long row = (long)width * TValues.Size;
        values += first * row;

        T zero = T.Create(0f);
        T a00 = zero, a01 = zero, a02 = zero, a03 = zero;
        T a10 = zero, a11 = zero, a12 = zero, a13 = zero;
        T a20 = zero, a21 = zero, a22 = zero, a23 = zero;
        T a30 = zero, a31 = zero, a32 = zero, a33 = zero;
        T a40 = zero, a41 = zero, a42 = zero, a43 = zero;
        Load<T, TVectors>(sums, factors[0], ref a00, ref a01, ref a02, ref a03);
        if (TQueries.N > 1) Load<T, TVectors>(sums + width, factors[1], ref a10, ref a11, ref a12, ref a13);
        if (TQueries.N > 2) Load<T, TVectors>(sums + (2L * width), factors[2], ref a20, ref a21, ref a22, ref a23);
        if (TQueries.N > 3) Load<T, TVectors>(sums + (3L * width), factors[3], ref a30, ref a31, ref a32, ref a33);
        if (TQueries.N > 4) Load<T, TVectors>(sums + (4L * width), factors[4], ref a40, ref a41, ref a42, ref a43);
        for (int j = first; j < end; j++, values += row, next += row)
        {
            Prefetch.Lines(next, TVectors.N * vector);
            T v0 = TValues.Load<T>(values);
            T v1 = TVectors.N > 1 ? TValues.Load<T>(values + vector) : zero;
            T v2 = TVectors.N > 2 ? TValues.Load<T>(values + (2 * vector)) : zero;
            T v3 = TVectors.N > 3 ? TValues.Load<T>(values + (3 * vector)) : zero;

            T x0 = T.Create(p0[j]);
            a00 = T.Fma(x0, v0, a00);
            if (TVectors.N > 1) a01 = T.Fma(x0, v1, a01);
            if (TVectors.N > 2) a02 = T.Fma(x0, v2, a02);
            if (TVectors.N > 3) a03 = T.Fma(x0, v3, a03);

            if (TQueries.N > 1)
            {
                T x1 = T.Create(p1[j]);
                a10 = T.Fma(x1, v0, a10);
                if (TVectors.N > 1) a11 = T.Fma(x1, v1, a11);
                if (TVectors.N > 2) a12 = T.Fma(x1, v2, a12);
                if (TVectors.N > 3) a13 = T.Fma(x1, v3, a13);
            }

            if (TQueries.N > 2)
            {
                T x2 = T.Create(p2[j]);
                a20 = T.Fma(x2, v0, a20);
                if (TVectors.N > 1) a21 = T.Fma(x2, v1, a21);
                if (TVectors.N > 2) a22 = T.Fma(x2, v2, a22);
                if (TVectors.N > 3) a23 = T.Fma(x2, v3, a23);
            }

            if (TQueries.N > 3)
            {
                T x3 = T.Create(p3[j]);
                a30 = T.Fma(x3, v0, a30);
                if (TVectors.N > 1) a31 = T.Fma(x3, v1, a31);
                if (TVectors.N > 2) a32 = T.Fma(x3, v2, a32);
                if (TVectors.N > 3) a33 = T.Fma(x3, v3, a33);
            }

            if (TQueries.N > 4)
            {
                T x4 = T.Create(p4[j]);
                a40 = T.Fma(x4, v0, a40);
                if (TVectors.N > 1) a41 = T.Fma(x4, v1, a41);
                if (TVectors.N > 2) a42 = T.Fma(x4, v2, a42);
                if (TVectors.N > 3) a43 = T.Fma(x4, v3, a43);
            }
        }

        Store<T, TVectors>(sums, a00, a01, a02, a03);
        if (TQueries.N > 1) Store<T, TVectors>(sums + width, a10, a11, a12, a13);
        if (TQueries.N > 2) Store<T, TVectors>(sums + (2L * width), a20, a21, a22, a23);
        if (TQueries.N > 3) Store<T, TVectors>(sums + (3L * width), a30, a31, a32, a33);
        if (TQueries.N > 4) Store<T, TVectors>(sums + (4L * width), a40, a41, a42, a43);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load<T, TVectors>(float* sums, float factor, ref T a0, ref T a1, ref T a2, ref T a3)
        where T : struct, ILanes<T>
        where TVectors : struct, IFixedCount
    {
        T f = T.Create(factor);
        a0 = T.Load(sums) * f;
        if (TVectors.N > 1) a1 = T.Load(sums + T.Count) * f;
        if (TVectors.N > 2) a2 = T.Load(sums + (2 * T.Count)) * f;
        if (TVectors.N > 3) a3 = T.Load(sums + (3 * T.Count)) * f;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T, TVectors>(float* sums, T a0, T a1, T a2, T a3)
        where T : struct, ILanes<T>
        where TVectors : struct, IFixedCount
    {
        T.Store(a0, sums);
        if (TVectors.N > 1) T.Store(a1, sums + T.Count);
        if (TVectors.N > 2) T.Store(a2, sums + (2 * T.Count));
        if (TVectors.N > 3) T.Store(a3, sums + (3 * T.Count));
    }
}
