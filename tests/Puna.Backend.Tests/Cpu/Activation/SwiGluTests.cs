using Puna.Compute.Cpu.Activation;
using Puna.Compute.Cpu.Lanes;

namespace Puna.Backend.Tests.Cpu.Activation;

public sealed unsafe class SwiGluTests
{
    public static TheoryData<int> Lengths => [1, 3, 4, 5, 8, 15, 16, 17, 33, 160];

    [Theory, MemberData(nameof(Lengths))]
    public void Every_width_gives_the_bits_of_the_scalar(int length)
    {
        float[] gate = Numbers(length, 1, 20), up = Numbers(length, 2, 3);
        int[] expected = Run<Lanes1>(gate, up);

        Assert.Equal(expected, Run<Lanes128>(gate, up));
        Assert.Equal(expected, Run<Lanes256>(gate, up));
        Assert.Equal(expected, Run<Lanes512>(gate, up));
    }

    [Theory, MemberData(nameof(Lengths))]
    public void Agrees_with_the_formula(int length)
    {
        float[] gate = Numbers(length, 3, 20), up = Numbers(length, 4, 3), y = new float[length];
        SwiGlu.Run(gate, up, y);

        for (int i = 0; i < length; i++)
        {
            double exact = gate[i] / (1 + Math.Exp(-(double)gate[i])) * up[i];
            // exp, the sum, the quotient and the product each round once, exp by up to two halves: 2.5 ulp of 2^-23
            Assert.Equal(exact, y[i], Math.Abs(exact) * 3e-7 + 1e-37);
        }
    }

    [Fact]
    public void Refuses_lengths_that_differ() =>
        Assert.Throws<ArgumentException>(() => SwiGlu.Run(new float[4], new float[5], new float[4]));

    private static int[] Run<T>(float[] gate, float[] up)
        where T : struct, ILanes<T>
    {
        float[] y = new float[gate.Length];
        fixed (float* g = gate, u = up, o = y) SwiGlu.Run<T>(g, u, o, y.Length);
        return [.. y.Select(BitConverter.SingleToInt32Bits)];
    }

    private static float[] Numbers(int length, int seed, float scale)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, length).Select(_ => (random.NextSingle() - 0.5f) * 2 * scale)];
    }
}
