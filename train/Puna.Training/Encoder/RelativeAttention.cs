using Puna.Training.Model;
using Puna.Training.Numerics;

namespace Puna.Training.Encoder;

/// <summary>
/// Disentangled attention of one window, forward and backward. With r the row of the relative table for query minus key:
/// score(i, j) = (Qᵢ·Kⱼ + Qᵢ·KR_r + Kⱼ·QR_r) / √(3d), softmax over j, then the mean of V. Rows are <c>Hidden</c> floats, heads side by side.
/// </summary>
internal sealed unsafe class RelativeAttention(EncoderShape shape) : IDisposable
{
    private readonly int[] _rows = shape.RelativeRows();
    private readonly MatrixMultiplier _multiplier = new();
    private readonly FloatBuffer _scores = new((long)shape.Positions * shape.Positions);
    private readonly FloatBuffer _byQuery = new((long)shape.Positions * 2 * shape.Buckets);
    private readonly FloatBuffer _byKey = new((long)shape.Positions * 2 * shape.Buckets);

    /// <summary>First and last row of the relative table that windows of up to some length use.</summary>
    public (int First, int Count) Rows(int length)
    {
        int first = _rows[shape.Positions - length], last = _rows[shape.Positions + length - 2];
        return (first, last - first + 1);
    }

    /// <summary>Computes the heads' outputs and keeps the probabilities, [heads][n][n].</summary>
    /// <param name="n">Tokens of the window.</param>
    /// <param name="q">Queries; k and v likewise.</param>
    /// <param name="k">Keys.</param>
    /// <param name="v">Values.</param>
    /// <param name="qr">Queries of the relative table, from its row <paramref name="firstRow"/> on.</param>
    /// <param name="kr">Keys of it.</param>
    /// <param name="firstRow">Row of the table where they begin.</param>
    /// <param name="probabilities">Kept for the way back.</param>
    /// <param name="output">Heads side by side.</param>
    public void Forward(int n, float* q, float* k, float* v, float* qr, float* kr, int firstRow, float* probabilities, float* output)
    {
        (int first, int count) = Rows(n);
        (int h, int d) = (shape.Hidden, shape.HeadDim);
        float scale = 1 / MathF.Sqrt(3 * d);
        long skip = (long)(first - firstRow) * h;
        for (int head = 0; head < shape.Heads; head++, probabilities += (long)n * n)
        {
            int at = head * d;
            _multiplier.TimesTransposed(n, n, d, q + at, h, k + at, h, probabilities, n);
            _multiplier.TimesTransposed(n, count, d, q + at, h, kr + skip + at, h, _byQuery.Data, count);
            _multiplier.TimesTransposed(n, count, d, k + at, h, qr + skip + at, h, _byKey.Data, count);
            for (int i = 0; i < n; i++)
            {
                float* row = probabilities + ((long)i * n);
                for (int j = 0; j < n; j++)
                {
                    int r = _rows[i - j + shape.Positions - 1] - first;
                    row[j] = scale * (row[j] + _byQuery.Data[((long)i * count) + r] + _byKey.Data[((long)j * count) + r]);
                }

                float sum = Kernels.ExpShifted(row, Kernels.Max(row, n), n);
                Kernels.Scaled(row, row, 1 / sum, n);
            }

            _multiplier.Times(n, d, n, probabilities, n, v + at, h, output + at, h);
        }
    }

    /// <summary>Writes the gradients of queries, keys and values, and adds to those of the relative ones.</summary>
    public void Backward(
        int n, float* q, float* k, float* v, float* qr, float* kr, int firstRow, float* probabilities, float* dOutput, float* dq, float* dk, float* dv, float* dqr, float* dkr)
    {
        (int first, int count) = Rows(n);
        (int h, int d) = (shape.Hidden, shape.HeadDim);
        float scale = 1 / MathF.Sqrt(3 * d);
        long skip = (long)(first - firstRow) * h;
        for (int head = 0; head < shape.Heads; head++, probabilities += (long)n * n)
        {
            int at = head * d;
            _multiplier.TransposedTimes(n, d, n, probabilities, n, dOutput + at, h, dv + at, h);
            _multiplier.TimesTransposed(n, n, d, dOutput + at, h, v + at, h, _scores.Data, n);
            new Span<float>(_byQuery.Data, n * count).Clear();
            new Span<float>(_byKey.Data, n * count).Clear();
            for (int i = 0; i < n; i++)
            {
                float* p = probabilities + ((long)i * n), ds = _scores.Data + ((long)i * n);
                float mean = Kernels.Dot(p, ds, n);
                for (int j = 0; j < n; j++)
                {
                    ds[j] = scale * p[j] * (ds[j] - mean);
                    int r = _rows[i - j + shape.Positions - 1] - first;
                    _byQuery.Data[((long)i * count) + r] += ds[j];
                    _byKey.Data[((long)j * count) + r] += ds[j];
                }
            }

            _multiplier.Times(n, d, n, _scores.Data, n, k + at, h, dq + at, h);
            _multiplier.Times(n, d, count, _byQuery.Data, count, kr + skip + at, h, dq + at, h, beta: 1);
            _multiplier.TransposedTimes(n, d, n, _scores.Data, n, q + at, h, dk + at, h);
            _multiplier.Times(n, d, count, _byKey.Data, count, qr + skip + at, h, dk + at, h, beta: 1);
            _multiplier.TransposedTimes(count, d, n, _byQuery.Data, count, q + at, h, dkr + skip + at, h, beta: 1);
            _multiplier.TransposedTimes(count, d, n, _byKey.Data, count, k + at, h, dqr + skip + at, h, beta: 1);
        }
    }

    public void Dispose()
    {
        _multiplier.Dispose();
        _scores.Dispose();
        _byQuery.Dispose();
        _byKey.Dispose();
    }
}
