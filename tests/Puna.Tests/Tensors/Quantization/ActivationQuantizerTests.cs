using System.Runtime.InteropServices;
using Puna.Tensors.Quantization;

namespace Puna.Tests.Tensors.Quantization;

public unsafe class ActivationQuantizerTests
{
    [Fact]
    public void Q8_0_gives_the_bytes_of_the_scalar_reference()
    {
        foreach (float[] x in Inputs())
        {
            BlockQ8_0[] expected = new BlockQ8_0[x.Length / 32], actual = new BlockQ8_0[x.Length / 32];
            for (int i = 0; i < expected.Length; i++) ActivationQuantizer.QuantizeScalar(x.AsSpan(32 * i, 32), out expected[i]);

            ActivationQuantizer.QuantizeQ8_0(x, actual);

            Assert.Equal(MemoryMarshal.AsBytes(expected.AsSpan()), MemoryMarshal.AsBytes(actual.AsSpan()));
        }
    }

    [Fact]
    public void Q8_K_gives_the_bytes_of_the_scalar_reference()
    {
        foreach (float[] x in Inputs())
        {
            BlockQ8_K[] expected = new BlockQ8_K[x.Length / 256], actual = new BlockQ8_K[x.Length / 256];
            for (int i = 0; i < expected.Length; i++) ActivationQuantizer.QuantizeScalar(x.AsSpan(256 * i, 256), out expected[i]);

            ActivationQuantizer.QuantizeQ8_K(x, actual);

            Assert.Equal(MemoryMarshal.AsBytes(expected.AsSpan()), MemoryMarshal.AsBytes(actual.AsSpan()));
        }
    }

    [Fact]
    public void Q8_0_takes_the_quants_from_the_unrounded_scale_and_rounds_half_to_even()
    {
        float[] x = new float[32];
        (x[0], x[1], x[2], x[3], x[4]) = (127f, 0.5f, 1.5f, 2.5f, -2.5f); // d = 1
        ActivationQuantizer.QuantizeScalar(x, out BlockQ8_0 block);

        Assert.Equal((Half)1f, block.Scale);
        Assert.Equal([127, 0, 2, 2, -2], new ReadOnlySpan<sbyte>(block.Quants, 5).ToArray());
    }

    [Fact]
    public void Q8_K_puts_the_first_extreme_value_at_minus_127_and_sums_by_sixteen()
    {
        float[] x = new float[256];
        (x[3], x[4], x[17], x[255]) = (12.7f, -12.7f, 1f, 0.25f); // s = -10
        ActivationQuantizer.QuantizeScalar(x, out BlockQ8_K block);

        Assert.Equal(1f / (-127f / 12.7f), block.Scale);
        Assert.Equal((-127, 127, -10, -2), (block.Quants[3], block.Quants[4], block.Quants[17], block.Quants[255]));
        Assert.Equal((0, -10, -2), (block.Sums[0], block.Sums[1], block.Sums[15]));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void A_value_that_is_not_finite_makes_its_whole_block_NaN_and_no_other(float bad)
    {
        float[] x = TestValues.Gaussian(512, 1);
        x[100] = bad;
        BlockQ8_0[] small = new BlockQ8_0[16];
        BlockQ8_K[] large = new BlockQ8_K[2];

        ActivationQuantizer.QuantizeQ8_0(x, small);
        ActivationQuantizer.QuantizeQ8_K(x, large);

        float[] ySmall = new float[512], yLarge = new float[512];
        Dequantizer.Dequantize(Puna.Tensors.ElementType.Q8_0, MemoryMarshal.AsBytes(small.AsSpan()), ySmall);
        Dequantizer.Dequantize(Puna.Tensors.ElementType.Q8_K, MemoryMarshal.AsBytes(large.AsSpan()), yLarge);
        for (int i = 0; i < 512; i++)
        {
            Assert.Equal(i / 32 == 100 / 32, float.IsNaN(ySmall[i]));
            Assert.Equal(i / 256 == 0, float.IsNaN(yLarge[i]));
        }
    }

    [Fact]
    public void Lengths_that_do_not_match_are_refused()
    {
        Assert.Throws<ArgumentException>("blocks", () => ActivationQuantizer.QuantizeQ8_0(new float[33], new BlockQ8_0[1]));
        Assert.Throws<ArgumentException>("blocks", () => ActivationQuantizer.QuantizeQ8_K(new float[256], new BlockQ8_K[2]));
    }

    /// <summary>Ordinary, heavy-tailed, tiny, huge, tied, zero and not finite activations.</summary>
    private static IEnumerable<float[]> Inputs()
    {
        yield return [];
        foreach (float size in (float[])[1f, 1e-3f, 1e-8f, 1e-37f, 1e-42f, 1e5f, 1e30f, 3e38f])
        {
            yield return [.. TestValues.Gaussian(2048, 2).Select(v => Math.Clamp(v * size, float.MinValue, float.MaxValue))];
            yield return [.. TestValues.HeavyTailed(2048, 3).Select(v => Math.Clamp(v * size, float.MinValue, float.MaxValue))];
        }

        yield return new float[512];
        yield return [.. Enumerable.Range(0, 512).Select(i => i % 3 == 0 ? -2.5f : 2.5f)];
        yield return [.. Enumerable.Range(0, 2048).Select(i => ((i * 37 % 255) - 127) * 0.5f)];
        foreach (float bad in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
        {
            float[] x = TestValues.Gaussian(768, 4);
            x[300] = bad;
            yield return x;
        }
    }
}
