using Puna.Compute;
using Puna.Compute.Kv;
using Puna.Tensors;

namespace Puna.Backend.Tests.Ops;

public sealed class AttentionTests
{
    private const int NKvHeads = 2;

    /// <summary>Sequences: from 0; from the middle of a page; of one key.</summary>
    private static readonly (int First, int End)[] Sequences = [(0, 150), (37, 141), (3, 4)];

    public static TheoryData<string, AttentionCase> Cases
    {
        get
        {
            TheoryData<string, AttentionCase> cases = [];
            foreach (string backend in Backends.Names)
            {
                foreach (AttentionCase c in AttentionCase.All) cases.Add(backend, c);
            }

            return cases;
        }
    }

    public static TheoryData<AttentionCase> Geometries => [.. AttentionCase.All];

    [Theory, MemberData(nameof(Cases))]
    public void Agrees_with_the_formula_in_float64(string name, AttentionCase c)
    {
        using IBackend backend = Backends.Create(name);
        using KvFixture kv = new(backend, c.Layout(NKvHeads), Sequences);
        Batch batch = MixedBatch();
        AttentionSpec spec = c.Spec(NKvHeads);
        float[] q = Queries(batch, spec);
        float[] y = Run(backend, kv, batch, spec, q);

        for (int r = 0; r < batch.Rows; r++)
        {
            for (int h = 0; h < spec.NHeads; h++)
            {
                int at = ((r * spec.NHeads) + h) * spec.HeadDim;
                (double[] expected, double tolerance) = Exact(kv, spec, batch.Sequences[r], batch.Positions[r], h, q.AsSpan(at, spec.HeadDim));
                for (int i = 0; i < spec.HeadDim; i++) Assert.Equal(expected[i], y[at + i], tolerance);
            }
        }
    }

    [Theory, MemberData(nameof(Geometries))]
    public void A_row_has_the_same_bits_alone_in_a_batch_with_any_threads_and_any_page_order(AttentionCase c)
    {
        AttentionSpec spec = c.Spec(NKvHeads);
        Batch batch = MixedBatch();
        float[] q = Queries(batch, spec);
        int[]? expected = null;
        foreach (string name in Backends.Names.Where(n => n != "reference"))
        {
            using IBackend backend = Backends.Create(name);
            using KvFixture kv = new(backend, c.Layout(NKvHeads), Sequences, pageOrderSeed: name.Length + name[5]);
            int[] together = Numbers.Bits(Run(backend, kv, batch, spec, q));
            Assert.Equal(expected ??= together, together);

            int width = spec.NHeads * spec.HeadDim;
            for (int r = 0; r < batch.Rows; r++)
            {
                Batch one = new(1);
                one.Add(0, batch.Positions[r], batch.Sequences[r], needsLogits: false);
                int[] alone = Numbers.Bits(Run(backend, kv, one, spec, q.AsSpan(r * width, width).ToArray()));
                Assert.Equal(expected[(r * width)..((r + 1) * width)], alone);
            }
        }
    }

    [Theory, MemberData(nameof(Backends.All), MemberType = typeof(Backends))]
    public void A_long_row_has_the_same_bits_as_in_a_prefill_of_many(string name)
    {
        Assert.SkipWhen(name == "reference", "the reference makes no promise of speed, and this is long");
        using IBackend backend = Backends.Create(name);
        KvLayout layout = new(1, 2, 64, ElementType.F16, 64);
        AttentionSpec spec = new(10, 2, 64, 0.125f, 0);
        using KvFixture kv = new(backend, layout, [(0, 1200)]);
        Batch prefill = new(700), decode = new(1);
        for (int pos = 500; pos < 1200; pos++) prefill.Add(0, pos, 0, needsLogits: false);
        decode.Add(0, 1137, 0, needsLogits: false);
        float[] q = Queries(prefill, spec);
        int width = spec.NHeads * spec.HeadDim, row = 1137 - 500;

        float[] many = Run(backend, kv, prefill, spec, q), one = Run(backend, kv, decode, spec, q.AsSpan(row * width, width).ToArray());
        Assert.Equal(Numbers.Bits(many.AsSpan(row * width, width)), Numbers.Bits(one));
    }

    [Theory, MemberData(nameof(Backends.All), MemberType = typeof(Backends))]
    public void A_missing_page_is_an_error_that_names_the_row(string name)
    {
        using IBackend backend = Backends.Create(name);
        AttentionSpec spec = new(2, 2, 16, 0.25f, 0);
        using KvFixture kv = new(backend, new KvLayout(1, 2, 16, ElementType.F32, 16), [(0, 40)]);
        kv.Layer.Tables[0].DropBefore(1);
        Batch batch = new(1);
        batch.Add(0, 39, 0, needsLogits: false);

        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => { Run(backend, kv, batch, spec, new float[32]); });
        Assert.Contains("row 0 (sequence 0, position 39)", error.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Backends.All), MemberType = typeof(Backends))]
    public void Pages_of_finished_chunks_are_not_needed(string name)
    {
        using IBackend backend = Backends.Create(name);
        AttentionSpec spec = new(2, 2, 16, 0.25f, 20);
        using KvFixture kv = new(backend, new KvLayout(1, 2, 16, ElementType.F32, 16), [(0, 48)]);
        Batch batch = new(1);
        batch.Add(0, 45, 0, needsLogits: false); // chunk [40, 60): page 2
        float[] q = Numbers.Random(32, 5);
        int[] before = Numbers.Bits(Run(backend, kv, batch, spec, q));
        kv.Layer.Tables[0].DropBefore(2);
        Assert.Equal(before, Numbers.Bits(Run(backend, kv, batch, spec, q)));
    }

    /// <summary>A prompt's end, decoding rows and a prompt's middle, mixed.</summary>
    private static Batch MixedBatch()
    {
        Batch batch = new(64);
        for (int i = 0; i < 30; i++)
        {
            batch.Add(0, 60 + i, 0, needsLogits: false);
            if (i % 3 == 0) batch.Add(0, 37 + (i * 3), 1, needsLogits: false);
        }

        batch.Add(0, 3, 2, needsLogits: false);
        batch.Add(0, 140, 1, needsLogits: false);
        batch.Add(0, 149, 0, needsLogits: false);
        return batch;
    }

    private static float[] Queries(Batch batch, AttentionSpec spec) => Numbers.Random(batch.Rows * spec.NHeads * spec.HeadDim, 11, 2);

    private static float[] Run(IBackend backend, KvFixture kv, Batch batch, AttentionSpec spec, float[] queries)
    {
        int width = spec.NHeads * spec.HeadDim;
        using Activations q = backend.Fill(batch.Rows, width, queries), y = backend.Allocate(batch.Rows, width);
        backend.Attention(q, batch, kv.Layer, spec, y);
        return backend.ReadAll(y, batch.Rows);
    }

    /// <summary>
    /// The formula in float64, and the most that float32 may be off: a score is a chain of headDim roundings and one for the
    /// scale, each at most eps of Σ|q k|; it enters exp twice, as itself and through the maximum. Every weight has 3 roundings
    /// more (difference, exponential), and the two sums one for each key and one for each factor of a tile.
    /// </summary>
    private static (double[] Expected, double Tolerance) Exact(KvFixture kv, AttentionSpec spec, int sequence, int pos, int head, ReadOnlySpan<float> q)
    {
        int kvHead = head / (spec.NHeads / spec.NKvHeads), chunk = spec.ChunkSize;
        int first = Math.Max(kv.Layer.Tables[sequence].FirstPos, chunk == 0 ? 0 : pos / chunk * chunk);
        double[] scores = new double[pos - first + 1];
        double magnitude = 0, largestValue = 0;
        for (int j = first; j <= pos; j++)
        {
            float[] k = kv.Key(sequence, j, kvHead);
            double sum = 0, absolute = 0;
            for (int i = 0; i < k.Length; i++)
            {
                sum += (double)q[i] * k[i];
                absolute += Math.Abs((double)q[i] * k[i]);
            }

            scores[j - first] = sum * spec.Scale;
            magnitude = Math.Max(magnitude, absolute * spec.Scale);
        }

        double max = scores.Max(), total = scores.Sum(s => Math.Exp(s - max));
        double[] y = new double[q.Length];
        for (int j = first; j <= pos; j++)
        {
            float[] v = kv.Value(sequence, j, kvHead);
            for (int i = 0; i < y.Length; i++) y[i] += Math.Exp(scores[j - first] - max) / total * v[i];
            largestValue = Math.Max(largestValue, v.Max(Math.Abs));
        }

        double scoreError = (spec.HeadDim + 1) * Numbers.Eps * magnitude;
        double sumError = Numbers.Eps * ((2 * (scores.Length + 1)) + 3 + (2 * scores.Length));
        return (y, ((4 * scoreError) + sumError) * largestValue);
    }
}
