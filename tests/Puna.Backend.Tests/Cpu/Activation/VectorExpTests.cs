using Puna.Compute.Cpu.Activation;
using Puna.Compute.Cpu.Lanes;

namespace Puna.Backend.Tests.Cpu.Activation;

public sealed unsafe class VectorExpTests
{
    [Fact]
    public void Is_within_one_ulp_of_the_exact_value()
    {
        double worst = 0;
        for (int i = -1_050_000; i <= 890_000; i++) // steps of 1e-4, off the grid of floats
        {
            float x = i * 1e-4f;
            worst = Math.Max(worst, ErrorInUlps(VectorExp.Exp(x), Math.Exp(x)));
        }

        Assert.InRange(worst, 0, 1);
    }

    [Theory]
    [InlineData(0f, 1f)]
    [InlineData(float.NegativeInfinity, 0f)]
    [InlineData(-1e30f, 0f)]
    [InlineData(-104f, 0f)]
    [InlineData(-103.9f, float.Epsilon)]
    [InlineData(88.73f, float.PositiveInfinity)]
    [InlineData(1e30f, float.PositiveInfinity)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity)]
    [InlineData(float.NaN, float.NaN)]
    public void Has_the_right_limits(float x, float expected) => Assert.Equal(expected, VectorExp.Exp(x));

    [Fact]
    public void Every_width_gives_the_bits_of_the_scalar()
    {
        float[] x = [.. Enumerable.Range(0, 4096).Select(i => (i - 2048) * 0.0531f), float.NaN, float.PositiveInfinity, float.NegativeInfinity, -0f,
            .. Enumerable.Range(0, 12).Select(i => -100f - (i * 0.4f))];
        int[] expected = [.. x.Select(v => BitConverter.SingleToInt32Bits(VectorExp.Exp(v)))];

        Assert.Equal(expected, Run<Lanes128>(x));
        Assert.Equal(expected, Run<Lanes256>(x));
        Assert.Equal(expected, Run<Lanes512>(x));
    }

    private static int[] Run<T>(float[] x)
        where T : struct, ILanes<T>
    {
        float[] y = new float[x.Length];
        fixed (float* source = x, target = y)
        {
            for (int i = 0; i < x.Length; i += T.Count) T.Store(VectorExp.Exp(T.Load(source + i)), target + i);
        }

        return [.. y.Select(BitConverter.SingleToInt32Bits)];
    }

    private static double ErrorInUlps(float actual, double exact)
    {
        if (exact > float.MaxValue) return float.IsPositiveInfinity(actual) || exact < 3.4028236e38 ? 0 : double.PositiveInfinity;

        float rounded = (float)exact;
        double ulp = Math.Max(float.BitIncrement(rounded) - (double)rounded, float.Epsilon);
        return Math.Abs(actual - exact) / ulp;
    }
}
