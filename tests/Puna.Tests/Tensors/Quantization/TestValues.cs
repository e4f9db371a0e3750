namespace Puna.Tests.Tensors.Quantization;

/// <summary>Seeded values to quantize, and the error measure used for them.</summary>
internal static class TestValues
{
    /// <summary>Unit Gaussian values by the Box-Muller transform.</summary>
    internal static float[] Gaussian(int count, int seed)
    {
        Random random = new(seed);
        float[] x = new float[count];
        for (int i = 0; i < count; i++) x[i] = (float)NextGaussian(random);
        return x;
    }

    /// <summary>Student's t values with 3 degrees of freedom: outliers of ten standard deviations and more.</summary>
    internal static float[] HeavyTailed(int count, int seed)
    {
        Random random = new(seed);
        float[] x = new float[count];
        for (int i = 0; i < count; i++)
        {
            double a = NextGaussian(random), b = NextGaussian(random), c = NextGaussian(random);
            x[i] = (float)(NextGaussian(random) / Math.Sqrt(((a * a) + (b * b) + (c * c)) / 3));
        }

        return x;
    }

    /// <summary>Sums of twelve uniform values: near Gaussian, and the same bits on every machine (no transcendental function).</summary>
    internal static float[] Reproducible(int count, int seed)
    {
        Random random = new(seed);
        float[] x = new float[count];
        for (int i = 0; i < count; i++)
        {
            float sum = -6f;
            for (int k = 0; k < 12; k++) sum += random.NextSingle();
            x[i] = sum;
        }

        return x;
    }

    /// <summary>sqrt(Σ(x - y)² / Σx²).</summary>
    internal static double RelativeError(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        double error = 0, norm = 0;
        for (int i = 0; i < x.Length; i++)
        {
            error += ((double)x[i] - y[i]) * ((double)x[i] - y[i]);
            norm += (double)x[i] * x[i];
        }

        return Math.Sqrt(error / norm);
    }

    private static double NextGaussian(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
