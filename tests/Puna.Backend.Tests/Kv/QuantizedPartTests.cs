using Puna.Compute.Kv;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Backend.Tests.Kv;

public sealed unsafe class QuantizedPartTests
{
    public static TheoryData<ElementType, bool, int, int> Cases
    {
        get
        {
            TheoryData<ElementType, bool, int, int> cases = [];
            foreach (ElementType type in (ElementType[])[ElementType.Q8_0, ElementType.Q4_0])
            {
                foreach (bool isKeys in (bool[])[false, true])
                {
                    foreach ((int tokens, int headDim) in ((int, int)[])[(64, 64), (3, 160), (1, 32)]) cases.Add(type, isKeys, tokens, headDim);
                }
            }

            return cases;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Blocks_come_back_and_fill_the_part(ElementType type, bool isKeys, int tokens, int headDim)
    {
        KvLayout layout = new(1, 1, headDim, type, tokens);
        byte[] blocks = new byte[layout.PartBytes];
        new Random(1).NextBytes(blocks);
        int bytes = layout.PartBytes / tokens;
        byte[] part = Spread(layout, isKeys, blocks);

        fixed (byte* p = part)
        {
            QuantizedPart stored = new(layout, p, isKeys);
            byte[] read = new byte[bytes];
            for (int token = 0; token < tokens; token++)
            {
                stored.Read(token, read);
                Assert.Equal(blocks.AsSpan(token * bytes, bytes).ToArray(), read);
            }
        }

        // Nothing lies twice or beside the part: with every bit of the blocks set, every bit of it is.
        Array.Fill(blocks, (byte)0xff);
        Assert.All(Spread(layout, isKeys, blocks), b => Assert.Equal(0xff, b));
    }

    [Theory, MemberData(nameof(Cases))]
    public void Quants_and_scales_lie_where_the_format_says(ElementType type, bool isKeys, int tokens, int headDim)
    {
        KvLayout layout = new(1, 1, headDim, type, tokens);
        byte[] blocks = new byte[layout.PartBytes];
        float[] x = Numbers.Random(tokens * headDim, 5, 2), decoded = new float[x.Length];
        Quantizer.Quantize(type, x, blocks);
        Dequantizer.Dequantize(type, blocks, decoded);
        byte[] part = Spread(layout, isKeys, blocks);

        fixed (byte* p = part)
        {
            Half* scales = (Half*)p;
            byte* quants = p + (tokens * headDim / 32 * sizeof(Half));
            for (int t = 0; t < tokens; t++)
            {
                for (int d = 0; d < headDim; d++)
                {
                    int b = d / 32;
                    float scale = (float)scales[isKeys ? (b * tokens) + t : (t * (headDim / 32)) + b];
                    int quant = (type, isKeys) switch
                    {
                        (ElementType.Q8_0, true) => (sbyte)quants[(d * tokens) + t],
                        (ElementType.Q8_0, false) => (sbyte)quants[(t * headDim) + d],
                        (_, true) => ((quants[(d / 2 * tokens) + t] >> (4 * (d % 2))) & 15) - 8,
                        _ => ((quants[(t * headDim / 2) + (b * 16) + (d % 16)] >> (d % 32 < 16 ? 0 : 4)) & 15) - 8,
                    };
                    Assert.Equal(decoded[(t * headDim) + d], scale * quant);
                }
            }
        }
    }

    private static byte[] Spread(KvLayout layout, bool isKeys, byte[] blocks)
    {
        byte[] part = new byte[layout.PartBytes];
        int bytes = layout.PartBytes / layout.PageTokens;
        fixed (byte* p = part)
        {
            QuantizedPart target = new(layout, p, isKeys);
            for (int token = 0; token < layout.PageTokens; token++) target.Write(token, 0, blocks.AsSpan(token * bytes, bytes));
        }

        return part;
    }
}
