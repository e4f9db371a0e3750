using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Puna.Compute.Cpu.Activation;
using Puna.Compute.Cpu.Lanes;

namespace Puna.Compute.Cpu.Disentangled;

/// <summary>
/// Attention of one head in one window. Lanes run along keys for the scores and along components for the outputs, so that
/// no sum crosses lanes but that of the softmax, which has 16 partial sums at every width: all widths give the same bits.
/// </summary>
/// <remarks>
/// Keys are turned to [headDim, keys]. A score is two chains of fma over components: q·(k + relK) and k·relQ. As the
/// tables hold distances side by side, the vectors of 16 neighbouring keys are contiguous in them, too, and nothing is
/// gathered. Blocks of rows and keys are chosen so that what they touch stays in the first two caches.
/// </remarks>
internal static unsafe class DisentangledKernel
{
    private const int Rows = 4;
    private const int BlockRows = 32;
    private const int BlockKeys = 64;

    /// <summary>Floats of scratch for a window of <paramref name="maxLength"/> rows.</summary>
    public static int ScratchFloats(int maxLength, int headDim) => (headDim + BlockRows) * Stride(maxLength);

    /// <summary>Computes one head of one window.</summary>
    public static void Run(in DisentangledCall call, RowWindow window, int windowIndex, int head, float* scratch)
    {
        if (Vector512.IsHardwareAccelerated) Run<Lanes512>(call, window, windowIndex, head, scratch);
        else if (Vector256.IsHardwareAccelerated) Run<Lanes256>(call, window, windowIndex, head, scratch);
        else if (Vector128.IsHardwareAccelerated) Run<Lanes128>(call, window, windowIndex, head, scratch);
        else Run<Lanes1>(call, window, windowIndex, head, scratch);
    }

    /// <summary>The kernel for lanes of type <typeparamref name="T"/>; all give the same bits.</summary>
    internal static void Run<T>(in DisentangledCall call, RowWindow window, int windowIndex, int head, float* scratch)
        where T : struct, ILanes<T>
    {
        int headDim = call.Spec.HeadDim, column = head * headDim, n = window.Count, stride = Stride(n);
        int queries = call.Spec.FirstRowOnly ? 1 : n, firstQuery = call.Spec.FirstRowOnly ? windowIndex : window.First;
        float* kt = scratch, scores = scratch + (headDim * stride);
        Turn(call.K, window, column, headDim, kt, stride);

        float* relK = call.RelK.Pointer + ((long)column * call.RelK.Stride) + call.Spec.MaxLength - 1;
        float* relQ = call.RelQ.Pointer + ((long)column * call.RelQ.Stride) + call.Spec.MaxLength - 1;
        float** q = stackalloc float*[Rows];
        float** s = stackalloc float*[Rows];
        float** y = stackalloc float*[Rows];
        float* inverse = stackalloc float[Rows];
        for (int block = 0; block < queries; block += BlockRows)
        {
            int rows = Math.Min(BlockRows, queries - block);
            for (int key = 0; key < n; key += BlockKeys)
            {
                int endKey = Math.Min(key + BlockKeys, (n + 15) & ~15);
                for (int r = 0; r < rows; r += Rows)
                {
                    for (int i = 0; i < Rows; i++)
                    {
                        int row = Math.Min(r + i, rows - 1); // a row beyond the last repeats it
                        q[i] = call.Q.Pointer + ((long)(firstQuery + block + row) * call.Q.Stride) + column;
                        s[i] = scores + ((long)row * stride);
                    }

                    int last = rows - 1 - r;
                    Scores<T>(q, kt, relK - block - r, relQ - block - r, last, s, key, endKey, headDim, stride, call.RelK.Stride, call.RelQ.Stride, call.Spec.Scale);
                }
            }

            for (int r = 0; r < rows; r += Rows)
            {
                for (int i = 0; i < Rows; i++)
                {
                    int row = Math.Min(r + i, rows - 1);
                    s[i] = scores + ((long)row * stride);
                    y[i] = call.Y.Pointer + ((long)(firstQuery + block + row) * call.Y.Stride) + column;
                    if (row == r + i) inverse[i] = 1 / Softmax<T>(s[i], n);
                    else inverse[i] = inverse[rows - 1 - r];
                }

                Outputs<T>(s, inverse, call.V.Pointer + ((long)window.First * call.V.Stride) + column, call.V.Stride, n, headDim, y);
            }
        }
    }

    /// <summary>Floats from one component of the turned keys to the next: odd multiples of a cache line do not collide in the cache's sets.</summary>
    private static int Stride(int n) => ((n + 15) & ~15) + (((n + 15) / 16 % 2) == 0 ? 16 : 32);

    /// <summary>Keys as [headDim, keys], zeros behind the last.</summary>
    private static void Turn(HostActivations k, RowWindow window, int column, int headDim, float* kt, int stride)
    {
        for (int c = 0; c < headDim; c++) new Span<float>(kt + ((long)c * stride) + window.Count, stride - window.Count).Clear();
        for (int j = 0; j < window.Count; j++)
        {
            float* key = k.Pointer + ((long)(window.First + j) * k.Stride) + column;
            for (int c = 0; c < headDim; c++) kt[((long)c * stride) + j] = key[c];
        }
    }

    /// <summary>Scores of four rows with keys [key, endKey), a multiple of 16 of them.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)] // a root of its own: the inliner has a budget for each root
    private static void Scores<T>(float** q, float* kt, float* relK, float* relQ, int last, float** s, int key, int endKey,
        int headDim, int stride, int relKStride, int relQStride, float scale)
        where T : struct, ILanes<T>
    {
        float* q0 = q[0], q1 = q[1], q2 = q[2], q3 = q[3];
        int d1 = Math.Min(1, last), d2 = Math.Min(2, last), d3 = Math.Min(3, last);
        for (int j = key; j < endKey; j += T.Count)
        {
            T c0 = T.Create(0f), c1 = c0, c2 = c0, c3 = c0, p0 = c0, p1 = c0, p2 = c0, p3 = c0;
            float* kp = kt + j, rk = relK + j, rq = relQ + j;
            for (int c = 0; c < headDim; c++, kp += stride, rk += relKStride, rq += relQStride)
            {
                T k = T.Load(kp);
                c0 = T.Fma(T.Create(q0[c]), k + T.Load(rk), c0);
                c1 = T.Fma(T.Create(q1[c]), k + T.Load(rk - d1), c1);
                c2 = T.Fma(T.Create(q2[c]), k + T.Load(rk - d2), c2);
                c3 = T.Fma(T.Create(q3[c]), k + T.Load(rk - d3), c3);
                p0 = T.Fma(k, T.Load(rq), p0);
                p1 = T.Fma(k, T.Load(rq - d1), p1);
                p2 = T.Fma(k, T.Load(rq - d2), p2);
                p3 = T.Fma(k, T.Load(rq - d3), p3);
            }

            T factor = T.Create(scale);
            T.Store((c0 + p0) * factor, s[0] + j);
            T.Store((c1 + p1) * factor, s[1] + j);
            T.Store((c2 + p2) * factor, s[2] + j);
            T.Store((c3 + p3) * factor, s[3] + j);
        }
    }

    /// <summary>Turns scores into exponentials relative to the largest, in place, and returns their sum.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float Softmax<T>(float* s, int n)
        where T : struct, ILanes<T>
    {
        int padded = (n + 15) & ~15;
        for (int j = n; j < padded; j++) s[j] = float.NegativeInfinity;

        T largest = T.Create(float.NegativeInfinity);
        for (int j = 0; j < padded; j += T.Count) largest = T.Max(largest, T.Load(s + j));
        T max = T.Create(T.MaxLane(largest));

        float* sums = stackalloc float[LaneSum.Lanes];
        new Span<float>(sums, LaneSum.Lanes).Clear();
        for (int j = 0; j < padded; j += T.Count)
        {
            T e = VectorExp.Exp(T.Load(s + j) - max);
            T.Store(e, s + j);
            float* sum = sums + (j % LaneSum.Lanes);
            T.Store(T.Load(sum) + e, sum);
        }

        return LaneSum.Reduce(sums);
    }

    /// <summary>Four rows of y = (e V) / sum.</summary>
    private static void Outputs<T>(float** e, float* inverse, float* v, int vStride, int n, int headDim, float** y)
        where T : struct, ILanes<T>
    {
        int c = 0;
        for (; c <= headDim - T.Count; c += T.Count) OutputLanes<T>(e, inverse, v + c, vStride, n, c, y);
        for (; c < headDim; c++) OutputLanes<Lanes1>(e, inverse, v + c, vStride, n, c, y);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void OutputLanes<T>(float** e, float* inverse, float* v, int vStride, int n, int c, float** y)
        where T : struct, ILanes<T>
    {
        float* e0 = e[0], e1 = e[1], e2 = e[2], e3 = e[3];
        T s0 = T.Create(0f), s1 = s0, s2 = s0, s3 = s0;
        for (int j = 0; j < n; j++, v += vStride)
        {
            T value = T.Load(v);
            s0 = T.Fma(T.Create(e0[j]), value, s0);
            s1 = T.Fma(T.Create(e1[j]), value, s1);
            s2 = T.Fma(T.Create(e2[j]), value, s2);
            s3 = T.Fma(T.Create(e3[j]), value, s3);
        }

        T.Store(s3 * T.Create(inverse[3]), y[3] + c);
        T.Store(s2 * T.Create(inverse[2]), y[2] + c);
        T.Store(s1 * T.Create(inverse[1]), y[1] + c);
        T.Store(s0 * T.Create(inverse[0]), y[0] + c);
    }
}
