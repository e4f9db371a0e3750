using Puna.Compute.Cpu;

namespace Puna.Backend.Tests.Cpu;

public sealed unsafe class HalfConversionTests
{
    private static readonly ushort[] All = [.. Enumerable.Range(0, 65536).Select(i => (ushort)i)];

    [Fact]
    public void Widening_is_exact_for_every_bit_pattern_in_every_width()
    {
        float[] whole = new float[All.Length];
        HalfConversion.ToSingle(All, whole);
        fixed (ushort* source = All)
        {
            for (int i = 0; i < All.Length; i++)
            {
                float expected = (float)BitConverter.UInt16BitsToHalf(All[i]);
                AssertSame(expected, HalfConversion.ToSingle(All[i]), i);
                AssertSame(expected, whole[i], i);
                AssertSame(expected, HalfConversion.Load128(source + (i & ~3))[i & 3], i);
                AssertSame(expected, HalfConversion.Load256(source + (i & ~7))[i & 7], i);
                AssertSame(expected, HalfConversion.Load512(source + (i & ~15))[i & 15], i);
            }
        }
    }

    [Fact]
    public void Narrowing_gives_back_what_was_widened()
    {
        foreach (ushort half in All)
        {
            ushort back = HalfConversion.FromSingle(HalfConversion.ToSingle(half));
            if ((half & 0x7fff) > 0x7c00) Assert.True((back & 0x7fff) > 0x7c00); // some NaN
            else Assert.Equal(half, back);
        }
    }

    [Theory]
    [InlineData(1.00048828125f, 0x3c00)] // halfway between 1 and its successor: to the even one
    [InlineData(1.00146484375f, 0x3c02)]
    [InlineData(65519.996f, 0x7bff)]
    [InlineData(65520f, 0x7c00)] // halfway between the largest half and 65536: overflows
    [InlineData(-1e9f, 0xfc00)]
    [InlineData(2.98e-8f, 0x0000)] // just under half the smallest subnormal
    [InlineData(2.99e-8f, 0x0001)]
    public void Narrowing_rounds_to_nearest_even(float value, int expected) =>
        Assert.Equal(expected, HalfConversion.FromSingle(value));

    /// <summary>Equal bits, except that a signalling NaN may have been made quiet on either side.</summary>
    private static void AssertSame(float expected, float actual, int half)
    {
        if (float.IsNaN(expected)) Assert.True(float.IsNaN(actual), $"half {half:x4}");
        else Assert.True(BitConverter.SingleToInt32Bits(expected) == BitConverter.SingleToInt32Bits(actual), $"half {half:x4}: {actual}, not {expected}");
    }
}
