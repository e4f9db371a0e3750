using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Puna.Training.Numerics;

/// <summary>
/// Single-threaded float32 matrix products C = αAB + βC of row-major matrices, either operand transposed. Operands are packed
/// into panels of 8 rows and 32 columns; the order of additions depends on the sizes alone. One instance per thread.
/// </summary>
public sealed unsafe class MatrixMultiplier : IDisposable
{
    private const int Rows = 8;
    private const int Columns = 32;
    private const int BlockM = 128;
    private const int BlockK = 256;
    private const int BlockN = 1024;

    private readonly FloatBuffer _a = new(BlockM * BlockK);
    private readonly FloatBuffer _b = new(BlockN * BlockK);
    private readonly FloatBuffer _tile = new(Rows * Columns);

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
        _tile.Dispose();
    }

    /// <summary>C[m,n] = alpha · A[m,k] B[n,k]ᵀ + beta · C: the forward product with weights stored [out, in].</summary>
    public void TimesTransposed(int m, int n, int k, float* a, int lda, float* b, int ldb, float* c, int ldc, float beta = 0, float alpha = 1) =>
        Multiply(m, n, k, a, lda, 1, b, 1, ldb, c, ldc, alpha, beta);

    /// <summary>C[m,n] = alpha · A[m,k] B[k,n] + beta · C: the gradient of the input.</summary>
    public void Times(int m, int n, int k, float* a, int lda, float* b, int ldb, float* c, int ldc, float beta = 0, float alpha = 1) =>
        Multiply(m, n, k, a, lda, 1, b, ldb, 1, c, ldc, alpha, beta);

    /// <summary>C[m,n] = alpha · A[k,m]ᵀ B[k,n] + beta · C: the gradient of the weights.</summary>
    public void TransposedTimes(int m, int n, int k, float* a, int lda, float* b, int ldb, float* c, int ldc, float beta = 0, float alpha = 1) =>
        Multiply(m, n, k, a, 1, lda, b, ldb, 1, c, ldc, alpha, beta);

    // A(i,p) = a[i*rowA + p*colA], B(p,j) = b[p*rowB + j*colB].
    private void Multiply(int m, int n, int k, float* a, int rowA, int colA, float* b, int rowB, int colB, float* c, int ldc, float alpha, float beta)
    {
        if (m == 0 || n == 0) return;
        if (k == 0)
        {
            for (int i = 0; i < m; i++) Scale(c + (long)i * ldc, n, beta);
            return;
        }

        for (int p0 = 0; p0 < k; p0 += BlockK)
        {
            int kb = Math.Min(BlockK, k - p0);
            float blockBeta = p0 == 0 ? beta : 1;
            for (int j0 = 0; j0 < n; j0 += BlockN)
            {
                int nb = Math.Min(BlockN, n - j0);
                PackB(b + (long)p0 * rowB + (long)j0 * colB, rowB, colB, kb, nb);
                for (int i0 = 0; i0 < m; i0 += BlockM)
                {
                    int mb = Math.Min(BlockM, m - i0);
                    PackA(a + (long)i0 * rowA + (long)p0 * colA, rowA, colA, mb, kb);
                    Panels(mb, nb, kb, c + (long)i0 * ldc + j0, ldc, alpha, blockBeta);
                }
            }
        }
    }

    private void Panels(int mb, int nb, int kb, float* c, int ldc, float alpha, float beta)
    {
        for (int j = 0; j < nb; j += Columns)
        {
            float* panelB = _b.Data + (long)j * kb;
            for (int i = 0; i < mb; i += Rows)
            {
                float* panelA = _a.Data + (long)i * kb;
                float* target = c + (long)i * ldc + j;
                if (mb - i >= Rows && nb - j >= Columns) Kernel(kb, panelA, panelB, target, ldc, alpha, beta);
                else
                {
                    Kernel(kb, panelA, panelB, _tile.Data, Columns, alpha, 0);
                    Merge(target, ldc, Math.Min(Rows, mb - i), Math.Min(Columns, nb - j), beta);
                }
            }
        }
    }

    private void Merge(float* c, int ldc, int rows, int columns, float beta)
    {
        for (int i = 0; i < rows; i++)
        {
            float* from = _tile.Data + i * Columns;
            float* to = c + (long)i * ldc;
            if (beta == 0) for (int j = 0; j < columns; j++) to[j] = from[j];
            else for (int j = 0; j < columns; j++) to[j] = beta * to[j] + from[j];
        }
    }

    private static void Scale(float* c, int n, float beta)
    {
        if (beta == 0) new Span<float>(c, n).Clear();
        else for (int j = 0; j < n; j++) c[j] *= beta;
    }

    // Panels of 8 rows, each k contributing 8 neighbouring floats; missing rows are zero.
    private void PackA(float* a, int rowStride, int colStride, int mb, int kb)
    {
        float* to = _a.Data;
        for (int i = 0; i < mb; i += Rows)
        {
            int rows = Math.Min(Rows, mb - i);
            float* from = a + (long)i * rowStride;
            if (rows == Rows && rowStride == 1)
            {
                for (int p = 0; p < kb; p++, to += Rows) Vector256.Store(Vector256.Load(from + (long)p * colStride), to);
            }
            else if (rows == Rows)
            {
                for (int p = 0; p < kb; p++, to += Rows)
                {
                    float* x = from + (long)p * colStride;
                    to[0] = x[0];
                    to[1] = x[rowStride];
                    to[2] = x[2 * rowStride];
                    to[3] = x[3 * rowStride];
                    to[4] = x[4 * rowStride];
                    to[5] = x[5 * rowStride];
                    to[6] = x[6 * rowStride];
                    to[7] = x[7 * rowStride];
                }
            }
            else
            {
                for (int p = 0; p < kb; p++, to += Rows)
                {
                    for (int r = 0; r < Rows; r++) to[r] = r < rows ? from[(long)r * rowStride + (long)p * colStride] : 0;
                }
            }
        }
    }

    // Panels of 32 columns, each k contributing 32 neighbouring floats; missing columns are zero.
    private void PackB(float* b, int rowStride, int colStride, int kb, int nb)
    {
        float* to = _b.Data;
        for (int j = 0; j < nb; j += Columns, to += Columns * kb)
        {
            int columns = Math.Min(Columns, nb - j);
            float* from = b + (long)j * colStride;
            if (colStride == 1 && columns == Columns)
            {
                for (int p = 0; p < kb; p++)
                {
                    float* x = from + (long)p * rowStride;
                    Vector512.Store(Vector512.Load(x), to + p * Columns);
                    Vector512.Store(Vector512.Load(x + 16), to + p * Columns + 16);
                }
            }
            else
            {
                for (int q = 0; q < Columns; q++)
                {
                    float* x = from + (long)q * colStride;
                    if (q < columns) for (int p = 0; p < kb; p++) to[p * Columns + q] = x[(long)p * rowStride];
                    else for (int p = 0; p < kb; p++) to[p * Columns + q] = 0;
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Kernel(int k, float* a, float* b, float* c, int ldc, float alpha, float beta)
    {
        Vector512<float> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        Vector512<float> c40 = default, c41 = default, c50 = default, c51 = default, c60 = default, c61 = default, c70 = default, c71 = default;
        for (int p = 0; p < k; p++, a += Rows, b += Columns)
        {
            Vector512<float> b0 = Vector512.Load(b), b1 = Vector512.Load(b + 16);
            Vector512<float> x = Vector512.Create(a[0]);
            c00 = Vector512.FusedMultiplyAdd(x, b0, c00);
            c01 = Vector512.FusedMultiplyAdd(x, b1, c01);
            x = Vector512.Create(a[1]);
            c10 = Vector512.FusedMultiplyAdd(x, b0, c10);
            c11 = Vector512.FusedMultiplyAdd(x, b1, c11);
            x = Vector512.Create(a[2]);
            c20 = Vector512.FusedMultiplyAdd(x, b0, c20);
            c21 = Vector512.FusedMultiplyAdd(x, b1, c21);
            x = Vector512.Create(a[3]);
            c30 = Vector512.FusedMultiplyAdd(x, b0, c30);
            c31 = Vector512.FusedMultiplyAdd(x, b1, c31);
            x = Vector512.Create(a[4]);
            c40 = Vector512.FusedMultiplyAdd(x, b0, c40);
            c41 = Vector512.FusedMultiplyAdd(x, b1, c41);
            x = Vector512.Create(a[5]);
            c50 = Vector512.FusedMultiplyAdd(x, b0, c50);
            c51 = Vector512.FusedMultiplyAdd(x, b1, c51);
            x = Vector512.Create(a[6]);
            c60 = Vector512.FusedMultiplyAdd(x, b0, c60);
            c61 = Vector512.FusedMultiplyAdd(x, b1, c61);
            x = Vector512.Create(a[7]);
            c70 = Vector512.FusedMultiplyAdd(x, b0, c70);
            c71 = Vector512.FusedMultiplyAdd(x, b1, c71);
        }

        Put(c, c00, c01, alpha, beta);
        Put(c + ldc, c10, c11, alpha, beta);
        Put(c + 2L * ldc, c20, c21, alpha, beta);
        Put(c + 3L * ldc, c30, c31, alpha, beta);
        Put(c + 4L * ldc, c40, c41, alpha, beta);
        Put(c + 5L * ldc, c50, c51, alpha, beta);
        Put(c + 6L * ldc, c60, c61, alpha, beta);
        Put(c + 7L * ldc, c70, c71, alpha, beta);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* c, Vector512<float> low, Vector512<float> high, float alpha, float beta)
    {
        low *= alpha;
        high *= alpha;
        if (beta != 0)
        {
            low += Vector512.Load(c) * beta;
            high += Vector512.Load(c + 16) * beta;
        }

        Vector512.Store(low, c);
        Vector512.Store(high, c + 16);
    }
}
