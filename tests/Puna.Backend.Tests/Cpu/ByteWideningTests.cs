using Puna.Compute.Cpu.Lanes;

namespace Puna.Backend.Tests.Cpu;

public sealed unsafe class ByteWideningTests
{
    private static readonly byte[] All = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];

    [Fact]
    public void Every_signed_byte_comes_out_in_every_width()
    {
        fixed (byte* source = All)
        {
            for (int i = 0; i < All.Length; i++)
            {
                float expected = (sbyte)All[i];
                Assert.Equal(expected, ByteWidening.Signed128((sbyte*)source + (i & ~3))[i & 3]);
                Assert.Equal(expected, ByteWidening.Signed256((sbyte*)source + (i & ~7))[i & 7]);
                Assert.Equal(expected, ByteWidening.Signed512((sbyte*)source + (i & ~15))[i & 15]);
            }
        }
    }

    [Theory, InlineData(0), InlineData(4)]
    public void Every_nibble_comes_out_in_every_width(int shift)
    {
        fixed (byte* source = All)
        {
            for (int i = 0; i < All.Length; i++)
            {
                float expected = ((All[i] >> shift) & 15) - 8;
                Assert.Equal(expected, ByteWidening.Nibbles128(source + (i & ~3), shift)[i & 3]);
                Assert.Equal(expected, ByteWidening.Nibbles256(source + (i & ~7), shift)[i & 7]);
                Assert.Equal(expected, ByteWidening.Nibbles512(source + (i & ~15), shift)[i & 15]);
            }
        }
    }
}
