using Puna.Compute;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Backend.Tests.Ops;

/// <summary>Embedding, gated activation and gathering.</summary>
public sealed unsafe class RowOpTests
{
    public static TheoryData<string, ElementType> Tables
    {
        get
        {
            TheoryData<string, ElementType> cases = [];
            foreach (string backend in Backends.Names)
            {
                foreach (ElementType type in (ElementType[])[ElementType.F32, ElementType.F16, ElementType.BF16, ElementType.Q8_0, ElementType.Q4_0, ElementType.Q6_K]) cases.Add(backend, type);
            }

            return cases;
        }
    }

    [Theory, MemberData(nameof(Tables))]
    public void Embed_decodes_the_rows_of_the_tokens(string name, ElementType type)
    {
        const int Vocab = 11, Width = 512;
        using IBackend backend = Backends.Create(name);
        byte[] table = new byte[type.ByteSize(Vocab * Width)];
        Quantizer.Quantize(type, Numbers.Random(Vocab * Width, 1), table);
        float[] expected = new float[Vocab * Width];
        Dequantizer.Dequantize(type, table, expected);

        Batch batch = BatchOf([.. Enumerable.Range(0, 40).Select(i => i * 7 % Vocab)]);
        using Activations y = backend.Allocate(40, Width);
        fixed (byte* data = table) backend.Embed(new Tensor("embd", type, [Width, Vocab], data), batch, y);

        for (int r = 0; r < 40; r++) Assert.Equal(expected.AsSpan(batch.Tokens[r] * Width, Width), backend.Read(y, r));
    }

    [Theory, MemberData(nameof(Backends.All), MemberType = typeof(Backends))]
    public void Embed_multiplies_float8_rows_by_their_scales(string name)
    {
        const int Vocab = 5, Width = 24;
        using IBackend backend = Backends.Create(name);
        byte[] table = [.. Enumerable.Range(0, Vocab * Width).Select(i => (byte)i)];
        float[] scales = [1, 0.5f, 3, -2, 0.1f], expected = new float[table.Length];
        Dequantizer.Dequantize(ElementType.F8_E4M3, table, expected);

        Batch batch = BatchOf([4, 0, 2]);
        using Activations y = backend.Allocate(3, Width);
        fixed (byte* data = table)
        fixed (float* factors = scales)
            backend.Embed(new Tensor("embd", ElementType.F8_E4M3, [Width, Vocab], data, rowScales: new Tensor("scales", ElementType.F32, [Vocab], (byte*)factors)), batch, y);

        for (int r = 0; r < 3; r++)
        {
            for (int i = 0; i < Width; i++) Assert.Equal(expected[(batch.Tokens[r] * Width) + i] * scales[batch.Tokens[r]], backend.Read(y, r)[i]);
        }
    }

    [Theory, MemberData(nameof(Backends.All), MemberType = typeof(Backends))]
    public void Embed_refuses_tokens_outside_the_vocabulary(string name)
    {
        using IBackend backend = Backends.Create(name);
        float[] table = new float[3 * 4];
        using Activations y = backend.Allocate(2, 4);
        fixed (float* data = table)
        {
            Tensor embd = new("embd", ElementType.F32, [4, 3], (byte*)data);
            Assert.Contains("row 1 has token id 3", Assert.Throws<ArgumentException>(() => backend.Embed(embd, BatchOf([0, 3]), y)).Message, StringComparison.Ordinal);
            Assert.Throws<ArgumentException>(() => backend.Embed(embd, BatchOf([-1]), y));
        }
    }

    [Theory, MemberData(nameof(Backends.All), MemberType = typeof(Backends))]
    public void SwiGlu_agrees_with_the_formula_and_may_write_over_gate(string name)
    {
        using IBackend backend = Backends.Create(name);
        foreach ((int rows, int width) in ((int, int)[])[(1, 5), (3, 17), (2, 20_000), (1, 40_000)])
        {
            float[] g = Numbers.Random(rows * width, 1, 15), u = Numbers.Random(rows * width, 2, 2);
            using Activations gate = backend.Fill(rows, width, g), up = backend.Fill(rows, width, u), y = backend.Allocate(rows, width);
            backend.SwiGlu(gate, up, y, rows);
            backend.SwiGlu(gate, up, gate, rows);

            float[] actual = backend.ReadAll(y, rows);
            Assert.Equal(Numbers.Bits(actual), Numbers.Bits(backend.ReadAll(gate, rows)));
            for (int i = 0; i < g.Length; i++)
            {
                double exact = g[i] / (1 + Math.Exp(-(double)g[i])) * u[i];
                Assert.Equal(exact, actual[i], (Math.Abs(exact) * 5 * Numbers.Eps) + 1e-44); // exp (2), sum, quotient, product
            }
        }
    }

    [Theory, MemberData(nameof(Backends.All), MemberType = typeof(Backends))]
    public void Gather_copies_rows(string name)
    {
        using IBackend backend = Backends.Create(name);
        float[] x = Numbers.Random(6 * 9, 1);
        using Activations input = backend.Fill(6, 9, x), y = backend.Allocate(3, 9);
        backend.Gather(input, [5, 0, 3], y);

        Assert.Equal([.. x[45..54], .. x[0..9], .. x[27..36]], backend.ReadAll(y, 3));
    }

    private static Batch BatchOf(int[] tokens)
    {
        Batch batch = new(tokens.Length);
        for (int i = 0; i < tokens.Length; i++) batch.Add(tokens[i], i, 0, needsLogits: false);
        return batch;
    }
}
