using System.Globalization;
using System.Security.Cryptography;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Tests.Tensors.Quantization;

public class QuantizerTests
{
    public static TheoryData<ElementType> Writable => [.. ElementTypes.All.Where(Quantizer.CanQuantize)];

    public static TheoryData<ElementType> ReadOnly => [.. ElementTypes.All.Where(t => !Quantizer.CanQuantize(t))];

    public static TheoryData<ElementType> Blocked => [.. ElementTypes.All.Where(t => Quantizer.CanQuantize(t) && t.IsQuantized())];

    public static TheoryData<ElementType> Bounded => [ElementType.Q4_0, ElementType.Q5_0, ElementType.Q4_1, ElementType.Q5_1];

    [Theory, MemberData(nameof(Writable))]
    public void Error_on_gaussian_values_is_at_the_published_limit(ElementType type)
    {
        float[] x = TestValues.Gaussian(1 << 18, seed: 1);
        double error = TestValues.RelativeError(x, RoundTrip(type, x));

        // Also from below: a limit far above what is reached would hide a regression.
        Assert.InRange(error, 0.95 * Quantizer.RelativeErrorLimit(type), Quantizer.RelativeErrorLimit(type));
    }

    [Theory, MemberData(nameof(Writable))]
    public void Published_table_has_the_limit_of_the_code(ElementType type)
    {
        string page = File.ReadAllText(RepositoryFiles.Find("docs", "adding-a-quantization.md"));

        Assert.Contains($"| {type.Name()} | {Quantizer.RelativeErrorLimit(type).ToString(CultureInfo.InvariantCulture)} |", page, StringComparison.Ordinal);
    }

    // Relative errors of rounding to nearest with the scale that just spans each block, on the same heavy-tailed values
    // are computed here, so the search is compared with the plainest encoder rather than with a number.
    [Theory, MemberData(nameof(Bounded))]
    public void Search_beats_plain_rounding_on_heavy_tailed_values(ElementType type)
    {
        float[] x = TestValues.HeavyTailed(1 << 16, seed: 2), plain = new float[x.Length];
        bool affine = type is ElementType.Q4_1 or ElementType.Q5_1;
        int levels = type is ElementType.Q4_0 or ElementType.Q4_1 ? 16 : 32;
        for (int b = 0; b < x.Length; b += 32)
        {
            float[] block = x[b..(b + 32)];
            float low = affine ? block.Min() : -block.Max(MathF.Abs), step = affine ? (block.Max() - low) / (levels - 1) : -low / ((levels / 2) - 1);
            for (int i = 0; i < 32; i++)
                plain[b + i] = affine ? low + (step * MathF.Round((block[i] - low) / step)) : step * MathF.Round(block[i] / step);
        }

        Assert.True(TestValues.RelativeError(x, RoundTrip(type, x)) < 0.97 * TestValues.RelativeError(x, plain));
    }

    [Theory, MemberData(nameof(Bounded))]
    public void Root_mean_square_error_of_a_block_is_within_half_a_step_of_its_range(ElementType type)
    {
        // Spanning the range in levels - 1 steps (n - 1 for the symmetric formats) is among the candidates, and a candidate
        // costs at most half a step a value. Rounding scale and offset to half then moves a level by at most 2^-11 of
        // its magnitude, and the range by one step: 2.2 covers |s q| + |b| relative to the range of these values.
        foreach (float[] x in (float[][])[TestValues.Gaussian(1 << 14, 3), TestValues.HeavyTailed(1 << 14, 4)])
        {
            float[] y = RoundTrip(type, x);
            for (int b = 0; b < x.Length; b += 32)
            {
                float[] block = x[b..(b + 32)];
                double range = block.Max() - block.Min(), magnitude = block.Max(MathF.Abs);
                double step = type switch
                {
                    ElementType.Q4_0 => magnitude / 7,
                    ElementType.Q5_0 => magnitude / 15,
                    ElementType.Q4_1 => range / 15,
                    _ => range / 31,
                };
                double error = Math.Sqrt(block.Zip(y[b..(b + 32)], (v, w) => (double)(v - w) * (v - w)).Average());
                Assert.True(error <= (step / 2) + (2.2 * Math.Max(range, magnitude) / 2048), $"block at {b}: {error} against a step of {step}");
            }
        }
    }

    [Fact]
    public void Every_value_is_within_half_a_step_in_Q8_0()
    {
        foreach (float[] x in (float[][])[TestValues.Gaussian(1 << 14, 5), TestValues.HeavyTailed(1 << 14, 6)])
        {
            float[] y = RoundTrip(ElementType.Q8_0, x);
            for (int b = 0; b < x.Length; b += 32)
            {
                // The stored scale is off by at most 2^-11 of itself; quants near 127 may so be clipped by 127 * 2^-11 steps
                // less than the half step that rounding may cost, and float32 products add 2^-22 of the largest value.
                float max = x[b..(b + 32)].Max(MathF.Abs), step = (float)(Half)(max / 127f);
                for (int i = b; i < b + 32; i++) Assert.True(MathF.Abs(x[i] - y[i]) <= (step / 2) + (max / (1 << 22)), $"index {i}");
            }
        }
    }

    [Theory, MemberData(nameof(Writable))]
    public void Zeros_stay_zeros(ElementType type)
    {
        foreach (float zero in (float[])[0f, -0f])
        {
            float[] x = new float[512];
            x.AsSpan().Fill(zero);
            Assert.All(RoundTrip(type, x), y => Assert.Equal(0f, y));
        }
    }

    [Theory, MemberData(nameof(Blocked))]
    public void Values_too_small_for_a_half_scale_become_zero_or_stay_close(ElementType type)
    {
        // The smallest half is 2^-24; a value below half a level of it may become zero, none may grow beyond one level.
        foreach (float size in (float[])[1e-45f, 1e-30f, 1e-10f, 1e-8f, 1e-7f, 1e-6f])
        {
            float[] x = [.. TestValues.Gaussian(512, 7).Select(v => v * size)], y = RoundTrip(type, x);
            for (int i = 0; i < x.Length; i++) Assert.True(MathF.Abs(y[i] - x[i]) <= MathF.Max(MathF.ScaleB(1, -24), size), $"{x[i]} became {y[i]}");
        }
    }

    [Theory, MemberData(nameof(Blocked))]
    public void Small_weights_keep_their_precision_though_scales_are_subnormal(ElementType type)
    {
        float[] x = [.. TestValues.Gaussian(1 << 14, 8).Select(v => v * 0.001f)];
        Assert.True(TestValues.RelativeError(x, RoundTrip(type, x)) < 1.05 * Quantizer.RelativeErrorLimit(type));
    }

    [Theory, MemberData(nameof(Writable))]
    public void Largest_storable_values_stay_finite(ElementType type)
    {
        float limit = LimitOf(type);
        foreach (Func<int, float> pattern in (Func<int, float>[])[i => limit, i => -limit, i => i % 2 == 0 ? limit : -limit, i => i % 32 == 5 ? limit : 0f, i => i % 32 == 5 ? -limit : 1f])
        {
            float[] x = [.. Enumerable.Range(0, 256).Select(pattern)], y = RoundTrip(type, x);
            for (int i = 0; i < x.Length; i++)
            {
                Assert.True(float.IsFinite(y[i]));
                Assert.True(MathF.Abs(y[i] - x[i]) <= 0.1f * limit, $"{x[i]} became {y[i]}");
            }
        }
    }

    [Theory, MemberData(nameof(Writable))]
    public void A_value_beyond_the_range_is_refused_by_index(ElementType type)
    {
        float limit = LimitOf(type);
        Assert.SkipWhen(limit == float.MaxValue, "every finite float32 fits");
        float[] x = new float[512];
        x[300] = -MathF.BitIncrement(limit);

        QuantizationException e = Assert.Throws<QuantizationException>(() => Quantizer.Quantize(type, x, new byte[type.ByteSize(512)]));

        Assert.Equal(300, e.Index);
        Assert.Contains("index 300 is beyond", e.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Writable))]
    public void A_value_that_is_not_finite_is_refused_by_index_and_nothing_is_written(ElementType type)
    {
        foreach (int index in (int[])[0, 7, 255, 256, 511])
        {
            foreach (float bad in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
            {
                float[] x = TestValues.Gaussian(512, 9);
                x[index] = bad;
                byte[] bytes = new byte[type.ByteSize(512)];

                QuantizationException e = Assert.Throws<QuantizationException>(() => Quantizer.Quantize(type, x, bytes));

                Assert.Equal(index, e.Index);
                Assert.Equal(bad, e.Value);
                Assert.All(bytes, b => Assert.Equal(0, b));
            }
        }
    }

    [Theory, MemberData(nameof(ReadOnly))]
    public void A_type_that_cannot_be_written_is_refused_with_those_that_can(ElementType type)
    {
        NotSupportedException e = Assert.Throws<NotSupportedException>(() => Quantizer.Quantize(type, [], []));
        Assert.Contains("Q4_K", e.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Blocked))]
    public void Lengths_that_do_not_fit_are_refused(ElementType type)
    {
        Assert.Throws<ArgumentException>(() => Quantizer.Quantize(type, new float[type.BlockLength() + 1], new byte[type.BlockBytes()]));
        Assert.Throws<ArgumentException>("destination", () => Quantizer.Quantize(type, new float[type.BlockLength()], new byte[type.BlockBytes() + 1]));
    }

    [Theory, MemberData(nameof(Blocked))]
    public void Blocks_do_not_depend_on_their_neighbours(ElementType type)
    {
        float[] x = TestValues.Reproducible(1024, 10);
        byte[] whole = Encode(type, x);
        byte[] parts = [.. Encode(type, x[..256]), .. Encode(type, x[256..768]), .. Encode(type, x[768..])];
        Assert.Equal(whole, parts);
    }

    // First bytes of SHA-256 over the blocks of fixed values. They change only when an encoder is changed on purpose, and must
    // not change with the instruction set: run also with DOTNET_EnableAVX512=0, DOTNET_EnableAVX2=0 and DOTNET_EnableAVX=0.
    [Theory]
    [InlineData(ElementType.F16, "07daf320dd433958")]
    [InlineData(ElementType.BF16, "eeca758a843352b2")]
    [InlineData(ElementType.Q4_0, "f6a8f7864b5b595e")]
    [InlineData(ElementType.Q4_1, "9dd5ff0979f02a98")]
    [InlineData(ElementType.Q5_0, "15f76906229d127f")]
    [InlineData(ElementType.Q5_1, "b86a9b56044c6094")]
    [InlineData(ElementType.Q8_0, "c3c485140e20ccc7")]
    [InlineData(ElementType.Q4_K, "aad581f5c8fa7d8f")]
    [InlineData(ElementType.Q5_K, "4ac323e37a0464d4")]
    [InlineData(ElementType.Q6_K, "ede01acba7a8f698")]
    public void Same_values_give_the_same_bytes_on_every_machine(ElementType type, string digest)
    {
        byte[] bytes = Encode(type, TestValues.Reproducible(1 << 14, seed: 11));
        Assert.Equal(digest, Convert.ToHexStringLower(SHA256.HashData(bytes))[..16]);
    }

    private static float LimitOf(ElementType type) => type switch
    {
        ElementType.F32 => float.MaxValue,
        ElementType.F16 => MathF.BitDecrement(65520f),
        ElementType.BF16 => BitConverter.UInt32BitsToSingle(0x7F7F_7FFF),
        ElementType.Q4_0 => 7 * 65504f,
        ElementType.Q5_0 => 15 * 65504f,
        ElementType.Q8_0 => 127 * 65504f,
        ElementType.Q4_1 or ElementType.Q5_1 => 65504f,
        ElementType.Q6_K => 31f * 127f * 65504f,
        _ => 63 * 65504f,
    };

    private static byte[] Encode(ElementType type, float[] x)
    {
        byte[] bytes = new byte[type.ByteSize(x.Length)];
        Quantizer.Quantize(type, x, bytes);
        return bytes;
    }

    private static float[] RoundTrip(ElementType type, float[] x)
    {
        float[] y = new float[x.Length];
        Dequantizer.Dequantize(type, Encode(type, x), y);
        return y;
    }
}
