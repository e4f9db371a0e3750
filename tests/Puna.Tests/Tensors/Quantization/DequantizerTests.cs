using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Tests.Tensors.Quantization;

public class DequantizerTests
{
    public static TheoryData<ElementType> AllTypes => [.. ElementTypes.All];

    [Theory, MemberData(nameof(AllTypes))]
    public void Scalar_decoder_gives_the_golden_values(ElementType type)
    {
        GoldenBlocks.Entry golden = GoldenBlocks.Of(type);
        float[] x = new float[golden.Values.Length];

        Dequantizer.DequantizeScalar(type, golden.Blocks, x);

        AssertSameBits(golden.Values, x);
    }

    [Theory, MemberData(nameof(AllTypes))]
    public void Door_gives_the_bits_of_the_scalar_decoder_for_random_blocks(ElementType type)
    {
        // Random bytes everywhere, so scales are infinite, NaN, subnormal and negative too.
        foreach (int blocks in (int[])[0, 1, 2, 3, 7, 8, 9, 31, 33, 300])
        {
            byte[] source = new byte[blocks * type.BlockBytes()];
            new Random(blocks + (100 * (int)type)).NextBytes(source);
            float[] expected = new float[blocks * type.BlockLength()], actual = new float[expected.Length];

            Dequantizer.DequantizeScalar(type, source, expected);
            Dequantizer.Dequantize(type, source, actual);

            AssertSameBits(expected, actual);
        }
    }

    [Fact]
    public void Every_half_decodes_to_the_bits_of_the_scalar_conversion()
    {
        ushort[] halves = [.. Enumerable.Range(0, 65536).Select(i => (ushort)i)];
        float[] expected = [.. halves.Select(h => (float)BitConverter.UInt16BitsToHalf(h))], actual = new float[65536];

        Dequantizer.Dequantize(ElementType.F16, MemoryMarshal.AsBytes(halves.AsSpan()), actual);

        for (int i = 0; i < 65536; i++) Assert.Equal(BitConverter.SingleToUInt32Bits(expected[i]), BitConverter.SingleToUInt32Bits(actual[i]));
    }

    [Theory, MemberData(nameof(AllTypes))]
    public void A_source_of_a_partial_block_is_refused(ElementType type)
    {
        Assert.SkipWhen(type.BlockBytes() == 1, "one byte is a whole block");
        ArgumentException e = Assert.Throws<ArgumentException>("source", () => Dequantizer.Dequantize(type, new byte[type.BlockBytes() + 1], new float[type.BlockLength()]));
        Assert.Contains($"whole number of {type.Name()} blocks", e.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(AllTypes))]
    public void A_destination_of_another_length_is_refused(ElementType type)
    {
        byte[] source = new byte[2 * type.BlockBytes()];
        foreach (int length in (int[])[0, type.BlockLength(), (2 * type.BlockLength()) + 1])
            Assert.Throws<ArgumentException>("destination", () => Dequantizer.Dequantize(type, source, new float[length]));
    }

    [Fact]
    public void An_unknown_type_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>("type", () => Dequantizer.Dequantize((ElementType)77, new byte[4], new float[1]));

    [Fact]
    public void Block_structs_have_the_size_and_type_of_the_table()
    {
        List<ElementType> checkedTypes = [];
        Check<BlockQ4_0>(); Check<BlockQ4_1>(); Check<BlockQ5_0>(); Check<BlockQ5_1>(); Check<BlockQ8_0>(); Check<BlockQ8_1>();
        Check<BlockQ2_K>(); Check<BlockQ3_K>(); Check<BlockQ4_K>(); Check<BlockQ5_K>(); Check<BlockQ6_K>(); Check<BlockQ8_K>();
        Check<BlockIQ1_S>(); Check<BlockIQ1_M>(); Check<BlockIQ2_XXS>(); Check<BlockIQ2_XS>(); Check<BlockIQ2_S>();
        Check<BlockIQ3_XXS>(); Check<BlockIQ3_S>(); Check<BlockIQ4_NL>(); Check<BlockIQ4_XS>();
        Check<BlockTQ1_0>(); Check<BlockTQ2_0>(); Check<BlockMXFP4>();

        Assert.Equal(ElementTypes.All.Where(t => t.IsQuantized()).Order(), checkedTypes.Order());

        void Check<T>() where T : unmanaged, IQuantizedBlock<T>
        {
            Assert.Equal(T.Type.BlockBytes(), Unsafe.SizeOf<T>());
            checkedTypes.Add(T.Type);
        }
    }

    [Fact]
    public void Float8_follows_its_definition()
    {
        Assert.Equal(0f, Float8E4M3.Decode(0));
        Assert.Equal(1f, Float8E4M3.Decode(0x38));
        Assert.Equal(448f, Float8E4M3.Decode(0x7E));
        Assert.Equal(-448f, Float8E4M3.Decode(0xFE));
        Assert.Equal(MathF.ScaleB(1, -9), Float8E4M3.Decode(1));
        Assert.True(float.IsNaN(Float8E4M3.Decode(0x7F)) && float.IsNaN(Float8E4M3.Decode(0xFF)));
        Assert.True(float.IsNegative(Float8E4M3.Decode(0x80)));
    }

    /// <summary>Bits must agree, except that any NaN equals any NaN: which payload an operation on two NaNs keeps is not defined.</summary>
    private static void AssertSameBits(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            if (float.IsNaN(expected[i]) && float.IsNaN(actual[i])) continue;
            if (BitConverter.SingleToUInt32Bits(expected[i]) != BitConverter.SingleToUInt32Bits(actual[i]))
                Assert.Fail($"element {i}: expected {expected[i]:R}, found {actual[i]:R}");
        }
    }
}
