using Puna.Training.Numerics;
using Xunit;

namespace Puna.Training.Tests;

public sealed unsafe class MatrixMultiplierTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(8, 32, 16)]
    [InlineData(9, 33, 17)]
    [InlineData(131, 1030, 3)]
    [InlineData(140, 70, 300)]
    [InlineData(5, 40, 0)]
    public void Products_agree_with_the_definition(int m, int n, int k)
    {
        SeededRandom random = new((ulong)(m * 31 + n * 7 + k));
        float[] a = Values(m * k), b = Values(k * n), c = Values(m * n);
        float[] at = Transpose(a, m, k), bt = Transpose(b, k, n);
        using MatrixMultiplier multiplier = new();
        float[][] results = [[.. c], [.. c], [.. c]];
        fixed (float* pa = a, pb = b, pat = at, pbt = bt, r0 = results[0], r1 = results[1], r2 = results[2])
        {
            multiplier.Times(m, n, k, pa, k, pb, n, r0, n, beta: 0.5f, alpha: 2);
            multiplier.TimesTransposed(m, n, k, pa, k, pbt, k, r1, n, beta: 0.5f, alpha: 2);
            multiplier.TransposedTimes(m, n, k, pat, m, pb, n, r2, n, beta: 0.5f, alpha: 2);
        }

        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                double expected = 0.5 * c[i * n + j];
                for (int p = 0; p < k; p++) expected += 2.0 * a[i * k + p] * b[p * n + j];
                foreach (float[] result in results) Assert.Equal(expected, result[i * n + j], 1e-4 * (1 + k));
            }
        }

        float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextGaussian())];
    }

    private static float[] Transpose(float[] x, int rows, int columns)
    {
        float[] result = new float[x.Length];
        for (int i = 0; i < rows; i++) for (int j = 0; j < columns; j++) result[j * rows + i] = x[i * columns + j];
        return result;
    }
}
