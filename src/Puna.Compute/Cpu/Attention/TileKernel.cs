using System.Runtime.CompilerServices;
using Puna.Compute.Cpu.Lanes;

namespace Puna.Compute.Cpu.Attention;

/// <summary>
/// The two products of attention, which are one: rows x of factors times a tile m of a page,
/// <code>
/// scores   y[v][c] = scale * Σ_r x[v][r] m[r][c]              x the queries, m the keys, r a component
/// sums     y[v][c] = factor[v] y[v][c] + Σ_r x[v][r] m[r][c]  x the weights, m the values, r a token
/// </code>
/// a chain of fused multiply-adds in order of r. Lanes run along columns, so that no chain depends on another.
/// </summary>
internal static unsafe class TileKernel
{
    /// <summary>Rows of x that one pass over a tile serves.</summary>
    public const int QueriesAtOnce = 5;

    /// <summary>Computes y for the first <paramref name="queries"/> rows of x.</summary>
    public static void Run<T, TElements, TKind>(in TileProduct product, int queries)
        where T : struct, ILanes<T>
        where TElements : struct, ITileElements
        where TKind : struct, ITileProductKind
    {
        int v = 0;
        for (; v <= queries - QueriesAtOnce; v += QueriesAtOnce) Columns<T, TElements, TKind, Five>(product, v);
        switch (queries - v)
        {
            case 4: Columns<T, TElements, TKind, Four>(product, v); break;
            case 3: Columns<T, TElements, TKind, Three>(product, v); break;
            case 2: Columns<T, TElements, TKind, Two>(product, v); break;
            case 1: Columns<T, TElements, TKind, One>(product, v); break;
        }
    }

    private static void Columns<T, TElements, TKind, TQueries>(in TileProduct product, int v)
        where T : struct, ILanes<T>
        where TElements : struct, ITileElements
        where TKind : struct, ITileProductKind
        where TQueries : struct, IFixedCount
    {
        int column = 0, columns = product.Part.Columns;
        if (T.Count == 16) // 32 registers: 20 sums
        {
            for (; column <= columns - 64; column += 64) Tile<T, TElements, TKind, TQueries, Four>(product, v, column);
            for (; column < columns; column += 16) Tile<T, TElements, TKind, TQueries, One>(product, v, column);
        }
        else // 16 registers: 10 sums
        {
            for (; column < columns; column += 2 * T.Count) Tile<T, TElements, TKind, TQueries, Two>(product, v, column);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)] // a root of its own: inside a caller the lanes would exceed the inliner's budget
    private static void Tile<T, TElements, TKind, TQueries, TVectors>(in TileProduct product, int v, nint column)
        where T : struct, ILanes<T>
        where TElements : struct, ITileElements
        where TKind : struct, ITileProductKind
        where TQueries : struct, IFixedCount
        where TVectors : struct, IFixedCount
    {
        float* p0 = product.X + ((long)v * product.XStride);
        float* p1 = TQueries.N > 1 ? p0 + product.XStride : p0, p2 = TQueries.N > 2 ? p1 + product.XStride : p0;
        float* p3 = TQueries.N > 3 ? p2 + product.XStride : p0, p4 = TQueries.N > 4 ? p3 + product.XStride : p0;
        int stride = product.Part.Columns, scaleStride = product.Part.ScaleStride;
        float* y = product.Y + ((long)v * stride) + column, factors = product.Factors + v, scales = (float*)product.Part.Scales;
        byte* data = (byte*)product.Part.Data, next = product.Next + TElements.ColumnOffset(column);
        nint rowBytes = product.Part.RowBytes;
        int lineBytes = (int)TElements.ColumnOffset(TVectors.N * T.Count);

        T zero = T.Create(0f);
        T a00 = zero, a01 = zero, a02 = zero, a03 = zero;
        T a10 = zero, a11 = zero, a12 = zero, a13 = zero;
        T a20 = zero, a21 = zero, a22 = zero, a23 = zero;
        T a30 = zero, a31 = zero, a32 = zero, a33 = zero;
        T a40 = zero, a41 = zero, a42 = zero, a43 = zero;
        T s0 = zero, s1 = zero, s2 = zero, s3 = zero;
        if (!TKind.StartsAtZero)
        {
            Load<T, TVectors>(y, factors[0], ref a00, ref a01, ref a02, ref a03);
            if (TQueries.N > 1) Load<T, TVectors>(y + stride, factors[1], ref a10, ref a11, ref a12, ref a13);
            if (TQueries.N > 2) Load<T, TVectors>(y + (2L * stride), factors[2], ref a20, ref a21, ref a22, ref a23);
            if (TQueries.N > 3) Load<T, TVectors>(y + (3L * stride), factors[3], ref a30, ref a31, ref a32, ref a33);
            if (TQueries.N > 4) Load<T, TVectors>(y + (4L * stride), factors[4], ref a40, ref a41, ref a42, ref a43);
        }

        for (int r = product.FirstRow; r < product.EndRow; r++)
        {
            nint offset = TElements.RowOffset(rowBytes, r);
            byte* row = data + offset;
            Prefetch.Lines(next + offset, lineBytes);
            T m0 = TElements.Load<T>(row, r, column);
            T m1 = TVectors.N > 1 ? TElements.Load<T>(row, r, column + T.Count) : zero;
            T m2 = TVectors.N > 2 ? TElements.Load<T>(row, r, column + (2 * T.Count)) : zero;
            T m3 = TVectors.N > 3 ? TElements.Load<T>(row, r, column + (3 * T.Count)) : zero;
            if (TElements.IsScaled)
            {
                if (TElements.HasNewScale(r))
                {
                    s0 = TElements.Scale<T>(scales, scaleStride, r, column);
                    if (TVectors.N > 1) s1 = TElements.Scale<T>(scales, scaleStride, r, column + T.Count);
                    if (TVectors.N > 2) s2 = TElements.Scale<T>(scales, scaleStride, r, column + (2 * T.Count));
                    if (TVectors.N > 3) s3 = TElements.Scale<T>(scales, scaleStride, r, column + (3 * T.Count));
                }

                m0 *= s0;
                if (TVectors.N > 1) m1 *= s1;
                if (TVectors.N > 2) m2 *= s2;
                if (TVectors.N > 3) m3 *= s3;
            }

            T x0 = T.Create(p0[r]);
            a00 = T.Fma(x0, m0, a00);
            if (TVectors.N > 1) a01 = T.Fma(x0, m1, a01);
            if (TVectors.N > 2) a02 = T.Fma(x0, m2, a02);
            if (TVectors.N > 3) a03 = T.Fma(x0, m3, a03);

            if (TQueries.N > 1)
            {
                T x1 = T.Create(p1[r]);
                a10 = T.Fma(x1, m0, a10);
                if (TVectors.N > 1) a11 = T.Fma(x1, m1, a11);
                if (TVectors.N > 2) a12 = T.Fma(x1, m2, a12);
                if (TVectors.N > 3) a13 = T.Fma(x1, m3, a13);
            }

            if (TQueries.N > 2)
            {
                T x2 = T.Create(p2[r]);
                a20 = T.Fma(x2, m0, a20);
                if (TVectors.N > 1) a21 = T.Fma(x2, m1, a21);
                if (TVectors.N > 2) a22 = T.Fma(x2, m2, a22);
                if (TVectors.N > 3) a23 = T.Fma(x2, m3, a23);
            }

            if (TQueries.N > 3)
            {
                T x3 = T.Create(p3[r]);
                a30 = T.Fma(x3, m0, a30);
                if (TVectors.N > 1) a31 = T.Fma(x3, m1, a31);
                if (TVectors.N > 2) a32 = T.Fma(x3, m2, a32);
                if (TVectors.N > 3) a33 = T.Fma(x3, m3, a33);
            }

            if (TQueries.N > 4)
            {
                T x4 = T.Create(p4[r]);
                a40 = T.Fma(x4, m0, a40);
                if (TVectors.N > 1) a41 = T.Fma(x4, m1, a41);
                if (TVectors.N > 2) a42 = T.Fma(x4, m2, a42);
                if (TVectors.N > 3) a43 = T.Fma(x4, m3, a43);
            }
        }

        T factor = T.Create(product.Scale);
        Store<T, TKind, TVectors>(y, factor, a00, a01, a02, a03);
        if (TQueries.N > 1) Store<T, TKind, TVectors>(y + stride, factor, a10, a11, a12, a13);
        if (TQueries.N > 2) Store<T, TKind, TVectors>(y + (2L * stride), factor, a20, a21, a22, a23);
        if (TQueries.N > 3) Store<T, TKind, TVectors>(y + (3L * stride), factor, a30, a31, a32, a33);
        if (TQueries.N > 4) Store<T, TKind, TVectors>(y + (4L * stride), factor, a40, a41, a42, a43);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load<T, TVectors>(float* y, float factor, ref T a0, ref T a1, ref T a2, ref T a3)
        where T : struct, ILanes<T>
        where TVectors : struct, IFixedCount
    {
        T f = T.Create(factor);
        a0 = T.Load(y) * f;
        if (TVectors.N > 1) a1 = T.Load(y + T.Count) * f;
        if (TVectors.N > 2) a2 = T.Load(y + (2 * T.Count)) * f;
        if (TVectors.N > 3) a3 = T.Load(y + (3 * T.Count)) * f;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T, TKind, TVectors>(float* y, T factor, T a0, T a1, T a2, T a3)
        where T : struct, ILanes<T>
        where TKind : struct, ITileProductKind
        where TVectors : struct, IFixedCount
    {
        T.Store(TKind.StartsAtZero ? a0 * factor : a0, y);
        if (TVectors.N > 1) T.Store(TKind.StartsAtZero ? a1 * factor : a1, y + T.Count);
        if (TVectors.N > 2) T.Store(TKind.StartsAtZero ? a2 * factor : a2, y + (2 * T.Count));
        if (TVectors.N > 3) T.Store(TKind.StartsAtZero ? a3 * factor : a3, y + (3 * T.Count));
    }
}
