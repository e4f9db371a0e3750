using Puna.Training.Model;

namespace Puna.Training.Encoder;

/// <summary>Layer norm and exact GELU, forward and backward.</summary>
internal static unsafe class EncoderKernels
{
    private const int StepsPerUnit = 64, Limit = 6; // beyond it the distribution is 0 or 1 in float32
    private static readonly (double Value, double Slope)[] Distribution = MakeDistribution();

    /// <summary>y = weight ⊙ x̂ + bias of each row, with x̂ of mean 0 and variance 1; keeps x̂ and the reciprocal deviations.</summary>
    public static void LayerNorm(float* x, float* weight, float* bias, float* y, float* normal, float* reciprocals, int rows, int n, float epsilon)
    {
        for (int t = 0; t < rows; t++, x += n, y += n, normal += n)
        {
            double sum = 0, squares = 0;
            for (int i = 0; i < n; i++) sum += x[i];
            double mean = sum / n;
            for (int i = 0; i < n; i++) squares += (x[i] - mean) * (x[i] - mean);
            double r = 1 / Math.Sqrt((squares / n) + epsilon);
            reciprocals[t] = (float)r;
            for (int i = 0; i < n; i++)
            {
                normal[i] = (float)((x[i] - mean) * r);
                y[i] = (normal[i] * weight[i]) + bias[i];
            }
        }
    }

    /// <summary>Writes dx, and adds to the gradients of weight and bias. dx may be dy.</summary>
    public static void LayerNormBackward(float* normal, float* reciprocals, float* weight, float* dy, float* dx, float* dWeight, float* dBias, int rows, int n)
    {
        for (int t = 0; t < rows; t++, normal += n, dy += n, dx += n)
        {
            float mean = 0, projection = 0;
            for (int i = 0; i < n; i++)
            {
                dWeight[i] += dy[i] * normal[i];
                dBias[i] += dy[i];
                float d = dy[i] * weight[i];
                mean += d;
                projection += d * normal[i];
            }

            (mean, projection) = (mean / n, projection / n);
            for (int i = 0; i < n; i++) dx[i] = ((dy[i] * weight[i]) - mean - (normal[i] * projection)) * reciprocals[t];
        }
    }

    /// <summary>y = x Φ(x), with Φ the normal distribution.</summary>
    public static void Gelu(float* x, float* y, long n)
    {
        for (long i = 0; i < n; i++) y[i] = x[i] * Cumulative(x[i]);
    }

    /// <summary>Turns the gradient of y into that of x: Φ(x) + x φ(x) times it.</summary>
    public static void GeluBackward(float* x, float* d, long n)
    {
        for (long i = 0; i < n; i++) d[i] *= Cumulative(x[i]) + (x[i] * 0.3989423f * MathF.Exp(-0.5f * x[i] * x[i]));
    }

    /// <summary>Adds a bias to each row.</summary>
    public static void AddBias(float* x, float* bias, int rows, int n)
    {
        for (int t = 0; t < rows; t++) Kernels.AddScaled(x + ((long)t * n), bias, 1, n);
    }

    /// <summary>Adds the rows to the gradient of a bias.</summary>
    public static void AddBiasBackward(float* dy, float* dBias, int rows, int n)
    {
        for (int t = 0; t < rows; t++) Kernels.AddScaled(dBias, dy + ((long)t * n), 1, n);
    }

    /// <summary>Φ(x) by cubic interpolation between tabled values, whose slopes are known: the error is below 1e-9.</summary>
    internal static float Cumulative(float x)
    {
        if (x <= -Limit) return 0;
        if (x >= Limit) return 1;
        double scaled = (x + Limit) * (double)StepsPerUnit;
        int at = Math.Min((int)scaled, (2 * Limit * StepsPerUnit) - 1);
        double t = scaled - at, u = 1 - t;
        ((double value0, double slope0), (double value1, double slope1)) = (Distribution[at], Distribution[at + 1]);
        return (float)((u * u * ((value0 * (1 + (2 * t))) + (slope0 * t))) + (t * t * ((value1 * (3 - (2 * t))) - (slope1 * u))));
    }

    private static double Density(double x) => Math.Exp(-0.5 * x * x) * 0.39894228040143267794;

    /// <summary>Φ(x) = 1/2 + φ(x) (x + x³/3 + x⁵/(3·5) + …), which converges everywhere.</summary>
    private static (double Value, double Slope)[] MakeDistribution()
    {
        (double Value, double Slope)[] table = new (double, double)[(2 * Limit * StepsPerUnit) + 1];
        for (int i = 0; i < table.Length; i++)
        {
            double x = ((double)i / StepsPerUnit) - Limit, term = x, sum = x;
            for (int k = 3; Math.Abs(term) > 1e-18 && k < 400; k += 2) sum += term *= x * x / k;
            table[i] = (0.5 + (Density(x) * sum), Density(x) / StepsPerUnit);
        }

        return table;
    }
}
