using System.Runtime.Intrinsics;

namespace Puna.Training.Model;

/// <summary>The vector loops between the matrix products, forward and backward. Lengths are in floats; any length will do.</summary>
internal static unsafe class Kernels
{
    private const int Lanes = 16;

    /// <summary>y += a·x.</summary>
    public static void AddScaled(float* y, float* x, float a, long n)
    {
        long i = 0;
        Vector512<float> scale = Vector512.Create(a);
        for (; i + Lanes <= n; i += Lanes) Vector512.Store(Vector512.FusedMultiplyAdd(Vector512.Load(x + i), scale, Vector512.Load(y + i)), y + i);
        for (; i < n; i++) y[i] += a * x[i];
    }

    /// <summary>y = a·x.</summary>
    public static void Scaled(float* y, float* x, float a, int n)
    {
        int i = 0;
        for (; i + Lanes <= n; i += Lanes) Vector512.Store(Vector512.Load(x + i) * a, y + i);
        for (; i < n; i++) y[i] = a * x[i];
    }

    public static float Dot(float* x, float* y, int n)
    {
        int i = 0;
        Vector512<float> sum = default;
        for (; i + Lanes <= n; i += Lanes) sum = Vector512.FusedMultiplyAdd(Vector512.Load(x + i), Vector512.Load(y + i), sum);
        float total = Vector512.Sum(sum);
        for (; i < n; i++) total += x[i] * y[i];
        return total;
    }

    public static double SumOfSquares(float* x, long n)
    {
        double total = 0;
        for (long at = 0; at < n; at += 4096) total += Dot(x + at, x + at, (int)Math.Min(4096, n - at));
        return total;
    }

    /// <summary>y = weight ⊙ x / sqrt(mean(x²) + ε) of each row; keeps the reciprocal roots.</summary>
    public static void RmsNorm(float* x, float* weight, float* y, float* reciprocals, int rows, int n, float epsilon)
    {
        for (int t = 0; t < rows; t++, x += n, y += n)
        {
            float r = 1 / MathF.Sqrt(Dot(x, x, n) / n + epsilon);
            reciprocals[t] = r;
            int i = 0;
            for (; i + Lanes <= n; i += Lanes) Vector512.Store(Vector512.Load(x + i) * r * Vector512.Load(weight + i), y + i);
            for (; i < n; i++) y[i] = x[i] * r * weight[i];
        }
    }

    /// <summary>Adds to dx the gradient of <see cref="RmsNorm"/> and to dWeight that of the weight.</summary>
    public static void RmsNormBackward(float* x, float* weight, float* reciprocals, float* dy, float* dx, float* dWeight, int rows, int n)
    {
        for (int t = 0; t < rows; t++, x += n, dy += n, dx += n)
        {
            float r = reciprocals[t];
            float dot = 0;
            int i = 0;
            Vector512<float> sum = default;
            for (; i + Lanes <= n; i += Lanes)
            {
                Vector512<float> product = Vector512.Load(x + i) * Vector512.Load(dy + i);
                sum = Vector512.FusedMultiplyAdd(product, Vector512.Load(weight + i), sum);
                Vector512.Store(Vector512.Load(dWeight + i) + product * r, dWeight + i);
            }

            dot = Vector512.Sum(sum);
            for (; i < n; i++)
            {
                dot += x[i] * dy[i] * weight[i];
                dWeight[i] += x[i] * dy[i] * r;
            }

            float back = dot * r * r * r / n;
            i = 0;
            for (; i + Lanes <= n; i += Lanes)
                Vector512.Store(Vector512.Load(dx + i) + Vector512.Load(dy + i) * Vector512.Load(weight + i) * r - Vector512.Load(x + i) * back, dx + i);
            for (; i < n; i++) dx[i] += dy[i] * weight[i] * r - x[i] * back;
        }
    }

    /// <summary>h = silu(gate) ⊙ up, from rows [gate | up] of 2n floats.</summary>
    public static void SwiGlu(float* gateUp, float* h, int rows, int n)
    {
        for (int t = 0; t < rows; t++, gateUp += 2 * n, h += n)
        {
            int i = 0;
            for (; i + Lanes <= n; i += Lanes)
            {
                Vector512<float> g = Vector512.Load(gateUp + i);
                Vector512.Store(g * Sigmoid(g) * Vector512.Load(gateUp + n + i), h + i);
            }

            for (; i < n; i++) h[i] = gateUp[i] * Sigmoid(gateUp[i]) * gateUp[n + i];
        }
    }

    /// <summary>Replaces nothing: writes the gradient of [gate | up] rows from that of h.</summary>
    public static void SwiGluBackward(float* gateUp, float* dh, float* dGateUp, int rows, int n)
    {
        for (int t = 0; t < rows; t++, gateUp += 2 * n, dGateUp += 2 * n, dh += n)
        {
            int i = 0;
            for (; i + Lanes <= n; i += Lanes)
            {
                Vector512<float> g = Vector512.Load(gateUp + i), s = Sigmoid(g), d = Vector512.Load(dh + i);
                Vector512.Store(d * g * s, dGateUp + n + i);
                Vector512.Store(d * Vector512.Load(gateUp + n + i) * s * (Vector512<float>.One + g * (Vector512<float>.One - s)), dGateUp + i);
            }

            for (; i < n; i++)
            {
                float g = gateUp[i], s = Sigmoid(g);
                dGateUp[n + i] = dh[i] * g * s;
                dGateUp[i] = dh[i] * gateUp[n + i] * s * (1 + g * (1 - s));
            }
        }
    }

    /// <summary>x ← exp(x − max), returning the sum; x ← exp(x − max) / sum is the softmax.</summary>
    public static float ExpShifted(float* x, float max, int n)
    {
        int i = 0;
        Vector512<float> sum = default;
        for (; i + Lanes <= n; i += Lanes)
        {
            Vector512<float> e = Vector512.Exp(Vector512.Load(x + i) - Vector512.Create(max));
            Vector512.Store(e, x + i);
            sum += e;
        }

        float total = Vector512.Sum(sum);
        for (; i < n; i++) total += x[i] = MathF.Exp(x[i] - max);
        return total;
    }

    public static float Max(float* x, int n)
    {
        float max = float.NegativeInfinity;
        int i = 0;
        if (n >= Lanes)
        {
            Vector512<float> m = Vector512.Create(max);
            for (; i + Lanes <= n; i += Lanes) m = Vector512.Max(m, Vector512.Load(x + i));
            for (int j = 0; j < Lanes; j++) max = MathF.Max(max, m[j]);
        }

        for (; i < n; i++) max = MathF.Max(max, x[i]);
        return max;
    }

    public static float Sigmoid(float x) => 1 / (1 + MathF.Exp(-x));

    private static Vector512<float> Sigmoid(Vector512<float> x) => Vector512<float>.One / (Vector512<float>.One + Vector512.Exp(-x));
}
