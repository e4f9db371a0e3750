using Puna.Training.Numerics;

namespace Puna.Training.Model;

/// <summary>
/// Causal attention inside each sequence of a batch, optionally inside chunks of it. Probabilities are not kept: the backward
/// pass makes them again from the logarithms of their sums.
/// </summary>
internal sealed unsafe class SegmentAttention(ModelShape shape, MatrixMultiplier multiplier) : IDisposable
{
    private const int BlockRows = 96;

    private FloatBuffer _scores = new(0);
    private FloatBuffer _gradients = new(0);

    public void Dispose()
    {
        _scores.Dispose();
        _gradients.Dispose();
    }

    /// <summary>output[T, heads·dim] from rows q|k|v; logSums[T, heads] for the way back.</summary>
    public void Forward(float* qkv, int[] lengths, int chunk, float* output, float* logSums)
    {
        int d = shape.HeadDim, width = shape.QkvWidth, heads = shape.Heads, group = heads / shape.KvHeads;
        int start = 0;
        foreach (int length in lengths)
        {
            Reserve(length);
            for (int h = 0; h < heads; h++)
            {
                float* q = qkv + (long)start * width + h * d;
                float* k = qkv + (long)start * width + (heads + h / group) * d;
                float* v = k + shape.KvHeads * d;
                float* o = output + (long)start * shape.QWidth + h * d;
                for (int row = 0; row < length; row += BlockRows)
                {
                    int rows = Math.Min(BlockRows, length - row), keys = row + rows;
                    multiplier.TimesTransposed(rows, keys, d, q + (long)row * width, width, k, width, _scores.Data, keys, alpha: 1 / MathF.Sqrt(d));
                    for (int i = 0; i < rows; i++) Softmax(_scores.Data + (long)i * keys, row + i, keys, chunk, logSums + (long)(start + row + i) * heads + h);
                    multiplier.Times(rows, d, keys, _scores.Data, keys, v, width, o + (long)row * shape.QWidth, shape.QWidth);
                }
            }

            start += length;
        }
    }

    /// <summary>dQkv, which must be zero before, from the gradient of the output.</summary>
    public void Backward(float* qkv, int[] lengths, int chunk, float* output, float* logSums, float* dOutput, float* dQkv)
    {
        int d = shape.HeadDim, width = shape.QkvWidth, qWidth = shape.QWidth, heads = shape.Heads, group = heads / shape.KvHeads;
        float scale = 1 / MathF.Sqrt(d);
        int start = 0;
        foreach (int length in lengths)
        {
            Reserve(length);
            for (int h = 0; h < heads; h++)
            {
                long qAt = (long)start * width + h * d, kAt = (long)start * width + (heads + h / group) * d, vAt = kAt + shape.KvHeads * d;
                for (int row = 0; row < length; row += BlockRows)
                {
                    int rows = Math.Min(BlockRows, length - row), keys = row + rows;
                    float* q = qkv + qAt + (long)row * width;
                    float* dOut = dOutput + (long)(start + row) * qWidth + h * d;
                    float* o = output + (long)(start + row) * qWidth + h * d;
                    float* p = _scores.Data;
                    float* g = _gradients.Data;
                    multiplier.TimesTransposed(rows, keys, d, q, width, qkv + kAt, width, p, keys, alpha: scale);
                    multiplier.TimesTransposed(rows, keys, d, dOut, qWidth, qkv + vAt, width, g, keys);
                    for (int i = 0; i < rows; i++)
                    {
                        float* probabilities = p + (long)i * keys;
                        float* gradients = g + (long)i * keys;
                        Probabilities(probabilities, row + i, keys, chunk, logSums[(long)(start + row + i) * heads + h]);
                        float mean = Kernels.Dot(dOut + (long)i * qWidth, o + (long)i * qWidth, d);
                        for (int j = 0; j < keys; j++) gradients[j] = probabilities[j] * (gradients[j] - mean) * scale;
                    }

                    multiplier.TransposedTimes(keys, d, rows, p, keys, dOut, qWidth, dQkv + vAt, width, beta: 1);
                    multiplier.TransposedTimes(keys, d, rows, g, keys, q, width, dQkv + kAt, width, beta: 1);
                    multiplier.Times(rows, d, keys, g, keys, qkv + kAt, width, dQkv + qAt + (long)row * width, width, beta: 1);
                }
            }

            start += length;
        }
    }

    private static int FirstKey(int position, int chunk) => chunk > 0 ? position / chunk * chunk : 0;

    private static void Softmax(float* scores, int position, int keys, int chunk, float* logSum)
    {
        int first = FirstKey(position, chunk), seen = position + 1 - first;
        float max = Kernels.Max(scores + first, seen);
        float sum = Kernels.ExpShifted(scores + first, max, seen);
        Kernels.Scaled(scores + first, scores + first, 1 / sum, seen);
        new Span<float>(scores, first).Clear();
        new Span<float>(scores + position + 1, keys - position - 1).Clear();
        *logSum = max + MathF.Log(sum);
    }

    private static void Probabilities(float* scores, int position, int keys, int chunk, float logSum)
    {
        int first = FirstKey(position, chunk), seen = position + 1 - first;
        Kernels.ExpShifted(scores + first, logSum, seen);
        new Span<float>(scores, first).Clear();
        new Span<float>(scores + position + 1, keys - position - 1).Clear();
    }

    private void Reserve(int length)
    {
        long needed = (long)BlockRows * length;
        if (_scores.Length >= needed) return;

        _scores.Dispose();
        _gradients.Dispose();
        _scores = new FloatBuffer(needed);
        _gradients = new FloatBuffer(needed);
    }
}
