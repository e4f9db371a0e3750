using Puna.Compute;
using Puna.Compute.Kv;
using Puna.Compute.Reference;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Backend.Tests.Ops;

public sealed class KvWriteTests
{
    private static readonly (int First, int End)[] Sequences = [(0, 70), (37, 141)];

    public static TheoryData<string, ElementType, int, int> Cases
    {
        get
        {
            TheoryData<string, ElementType, int, int> cases = [];
            foreach (string backend in Backends.Names)
            {
                foreach (ElementType type in (ElementType[])[ElementType.F32, ElementType.F16, ElementType.Q8_0, ElementType.Q4_0])
                {
                    foreach (int pageTokens in (int[])[1, 3, 64]) cases.Add(backend, type, 160, pageTokens);
                    if (!type.IsQuantized()) cases.Add(backend, type, 5, 16);
                }
            }

            return cases;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Every_key_and_value_lies_where_the_layout_says(string name, ElementType type, int headDim, int pageTokens)
    {
        using IBackend backend = Backends.Create(name);
        KvLayout layout = new(2, 3, headDim, type, pageTokens);
        using KvFixture kv = new(backend, layout, Sequences);
        float[] cell = new float[headDim];
        for (int s = 0; s < Sequences.Length; s++)
        {
            for (int pos = Sequences[s].First; pos < Sequences[s].End; pos++)
            {
                int page = kv.Layer.Tables[s][pos / pageTokens];
                for (int h = 0; h < layout.NKvHeads; h++)
                {
                    KvCell.ReadKey((HostKvPool)kv.Pool, page, kv.Layer.Layer, h, pos % pageTokens, cell);
                    Assert.Equal(kv.Key(s, pos, h), cell);
                    KvCell.ReadValue((HostKvPool)kv.Pool, page, kv.Layer.Layer, h, pos % pageTokens, cell);
                    Assert.Equal(kv.Value(s, pos, h), cell);
                }
            }
        }
    }

    [Theory]
    [InlineData(ElementType.F16, 65520f), InlineData(ElementType.F16, -1e9f), InlineData(ElementType.F16, float.NaN)]
    [InlineData(ElementType.F16, float.PositiveInfinity), InlineData(ElementType.Q8_0, float.NaN), InlineData(ElementType.Q4_0, float.NegativeInfinity)]
    public void Values_that_the_cache_cannot_hold_are_refused(ElementType type, float value)
    {
        using IBackend backend = Backends.Create("cpu, 1 thread");
        using KvFixture kv = new(backend, new KvLayout(1, 1, 32, type, 16), [(0, 16)]);
        float[] x = new float[32];
        using Activations fine = backend.Fill(1, 32, x);
        x[21] = value;
        using Activations bad = backend.Fill(1, 32, x);
        Batch batch = new(1);
        batch.Add(0, 7, 0, needsLogits: false);

        Assert.Contains("value of row 0", Assert.Throws<QuantizationException>(() => backend.WriteKv(fine, bad, batch, kv.Layer)).Message, StringComparison.Ordinal);
        Assert.Contains("key of row 0", Assert.Throws<QuantizationException>(() => backend.WriteKv(bad, fine, batch, kv.Layer)).Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Backends.All), MemberType = typeof(Backends))]
    public void A_missing_page_is_an_error(string name)
    {
        using IBackend backend = Backends.Create(name);
        using KvFixture kv = new(backend, new KvLayout(1, 1, 16, ElementType.F16, 16), [(0, 16)]);
        using Activations x = backend.Fill(1, 16, new float[16]);
        Batch batch = new(1);
        batch.Add(0, 16, 0, needsLogits: false);
        Assert.Throws<InvalidOperationException>(() => backend.WriteKv(x, x, batch, kv.Layer));
    }
}
