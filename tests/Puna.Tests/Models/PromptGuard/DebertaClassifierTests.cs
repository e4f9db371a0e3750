using System.Security.Cryptography;
using System.Text;
using Puna.Compute;
using Puna.Compute.Cpu;
using Puna.Compute.Reference;
using Puna.Models;
using Puna.Models.PromptGuard;
using Puna.Tensors;

namespace Puna.Tests.Models.PromptGuard;

/// <summary>Values marked golden were computed with microsoft/DeBERTa's own code.</summary>
public sealed class DebertaClassifierTests
{
    private static readonly int[] Ids = [1, 5, 9, 13, 17, 4, 8, 12, 16, 19, 6, 10, 14, 18, 3, 7, 11, 15, 5, 2];

    private static readonly DebertaConfig Golden = new()
    {
        NLayers = 2,
        HiddenSize = 8,
        NHeads = 2,
        IntermediateSize = 16,
        VocabSize = 20,
        MaxPositions = 32,
        PositionBuckets = 8,
        NLabels = 2,
    };

    /// <summary>Sizes around every unroll edge of the kernels: 3 heads of 20, windows of 1 to 70.</summary>
    private static readonly DebertaConfig Odd = new()
    {
        NLayers = 3,
        HiddenSize = 60,
        NHeads = 3,
        IntermediateSize = 44,
        VocabSize = 50,
        MaxPositions = 70,
        PositionBuckets = 16,
        NLabels = 3,
    };

    public static TheoryData<string> Backends => ["cpu", "reference"];

    [Fact]
    public void The_generated_weights_are_the_reference_s()
    {
        using CongruentialWeights weights = new(Golden);

        Assert.Equal(42, weights.Tensors.Count);
        Near([-0.47959731, -0.48345215, 0.04315579], weights.Copy("deberta.embeddings.word_embeddings.weight")[..3], 1e-8); // given to 8 decimals
        Near([0.2252076, -0.12703925, 0.18840171], weights.Copy("classifier.weight")[..3], 6e-8); // half a unit of 7 decimals, and float32
    }

    [Theory, MemberData(nameof(Backends))]
    public void Logits_and_states_are_the_golden_ones(string name)
    {
        using CongruentialWeights weights = new(Golden);
        using IEncoderBackend backend = Create(name);
        using DebertaClassifier model = new(Golden, DebertaWeights.Read(weights, Golden), backend, 64);
        List<float[]> states = [];
        model.Observe = (_, state) => states.Add(state);

        float[] logits = model.Classify([Ids])[0];
        Near([0.471478869, -0.107482401], logits);
        Near([-0.124396, 0.796195, -1.332002, 0.987819, 1.306864, -1.540567, 0.338279, -0.211823], states[0]);
        Near([-0.521572, 2.334787, -1.267849, -0.120283, 0.430730, -0.713967, -0.260274, 1.343074], states[1]);
        Near([-0.358329, 1.999142, -1.018258, -0.572392, 0.060465, -0.088243, -1.060888, 0.571196], states[2]);
        Near([0.473391134, -0.031304593], model.Classify([new[] { 1, 7, 2 }])[0]);
    }

    [Theory]
    [InlineData(1), InlineData(2), InlineData(3)]
    public void The_cpu_agrees_with_the_reference_at_odd_sizes(int threads)
    {
        using CongruentialWeights weights = new(Odd);
        using CpuBackend cpu = new(new CpuBackendOptions { Threads = threads });
        using ReferenceBackend reference = new();
        using DebertaClassifier fast = new(Odd, DebertaWeights.Read(weights, Odd), cpu, 700), exact = new(Odd, DebertaWeights.Read(weights, Odd), reference, 700);
        ReadOnlyMemory<int>[] windows = [.. ((int[])[1, 2, 3, 4, 5, 15, 16, 17, 31, 32, 33, 48, 64, 65, 70]).Select(n => new ReadOnlyMemory<int>(Random(n, seed: n)))];

        float[][] expected = exact.Classify(windows), actual = fast.Classify(windows);
        for (int w = 0; w < windows.Length; w++)
        {
            // Sums of up to 60 float32 products over three normalised layers: some tens of roundings of 6e-8 of values near 1.
            for (int c = 0; c < Odd.NLabels; c++) Assert.Equal(expected[w][c], actual[w][c], 2e-5f);
        }
    }

    [Fact]
    public void Company_and_threads_change_no_bit()
    {
        using CongruentialWeights weights = new(Odd);
        using CpuBackend one = new(new CpuBackendOptions { Threads = 1 }), two = new(new CpuBackendOptions { Threads = 2 });
        using DebertaClassifier alone = new(Odd, DebertaWeights.Read(weights, Odd), one, 70), together = new(Odd, DebertaWeights.Read(weights, Odd), two, 200);
        ReadOnlyMemory<int>[] windows = [.. ((int[])[70, 9, 33, 1, 64]).Select(n => new ReadOnlyMemory<int>(Random(n, seed: n)))];

        float[][] batch = together.Classify(windows);
        for (int w = 0; w < windows.Length; w++) Assert.Equal(alone.Classify([windows[w]])[0], batch[w]);
    }

    [Fact]
    public void Buckets_of_the_published_settings_are_the_reference_s()
    {
        DebertaConfig published = Golden with { PositionBuckets = 256, MaxPositions = 512 };
        int[] buckets = [.. Enumerable.Range(0, 512).Select(x => published.RelativeRow(x) - 256)];

        Assert.Equal([128, 129, 130, 131, 131, 143, 169, 192, 207, 229, 233, 244, 254, 255, 255], ((int[])[128, 129, 130, 131, 132, 150, 200, 256, 300, 384, 400, 450, 500, 510, 511]).Select(x => buckets[x]));
        Assert.Equal(87_297, buckets.Sum());
        byte[] hash = SHA256.HashData(Encoding.ASCII.GetBytes(string.Join(',', buckets)));
        Assert.Equal("802cceec68c8bdd4e56d015aebb9d9b7c70444150d06834e9c2eb555ac5c0ef3", Convert.ToHexStringLower(hash));
        Assert.All(Enumerable.Range(0, 512), x => Assert.Equal(512 - published.RelativeRow(x), published.RelativeRow(-x)));
        Assert.Equal([8, 7, 6, 5, 4, 3, 3, 3, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1], Enumerable.Range(0, 20).Select(j => Golden.RelativeRow(-j)));
    }

    [Fact]
    public void Refuses_what_it_cannot_run()
    {
        using CongruentialWeights weights = new(Golden);
        using ReferenceBackend backend = new();

        Assert.Contains("layer.2", Assert.Throws<ModelException>(() => DebertaWeights.Read(weights, Golden with { NLayers = 3 })).Message, StringComparison.Ordinal);
        Assert.Contains("layer.1.", Assert.Throws<ModelException>(() => DebertaWeights.Read(weights, Golden with { NLayers = 1 })).Message, StringComparison.Ordinal);
        Assert.Contains("20 outputs", Assert.Throws<ModelException>(() => DebertaWeights.Read(weights, Golden with { PositionBuckets = 10 })).Message, StringComparison.Ordinal);
        Assert.Contains("multiple", Assert.Throws<ModelException>(() => DebertaWeights.Read(weights, Golden with { NHeads = 3 })).Message, StringComparison.Ordinal);

        using DebertaClassifier model = new(Golden, DebertaWeights.Read(weights, Golden), backend, 40);
        Assert.Throws<ArgumentException>(() => model.Classify([new int[33]]));
        Assert.Throws<ArgumentException>(() => model.Classify([ReadOnlyMemory<int>.Empty]));
        Assert.Throws<ArgumentException>(() => model.Classify([new int[21], new int[21]]));
        Assert.Throws<ArgumentException>(() => model.Classify([new[] { 20 }]));
    }

    private static IEncoderBackend Create(string name) => name == "cpu" ? new CpuBackend(new CpuBackendOptions { Threads = 2 }) : new ReferenceBackend();

    private static int[] Random(int count, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(Odd.VocabSize))];
    }

    private static void Near(double[] expected, float[] actual, double tolerance = 1e-5)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], tolerance);
    }
}
