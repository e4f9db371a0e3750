using Puna.Tensors;

namespace Puna.Tests.Fidelity;

/// <summary>Logits of whole models against the same networks in float64, written independently.</summary>
public sealed class FidelityTests(RandomModelFolder models) : IClassFixture<RandomModelFolder>
{
    // Relative error of a row: |test - exact| / |exact - mean(exact)|. Every stored number is off by at most 2^-24 of itself
    // (6e-8), a float32 sum of K terms in 16 chains by about sqrt(K / 16) times that. A layer stores some 12 numbers one after
    // another and its softmax turns an error of the scores (a few dozen at most) into one of the probabilities as large:
    // 4 layers * (12 + 30) * 6e-8 = 1e-5 if all errors added up, doubled for models of 8 layers. Mistakes show at 1e-2.
    private const double Float32Limit = 2e-5;

    // Scores of two experts nearer than this could change places by the rounding above; no seeded case comes that near.
    private const double ClearRouter = 1e-4;

    private static readonly RandomModel Dense = new() { Name = "dense" };
    private static readonly RandomModel Mixture = new() { Name = "mixture", Experts = 8 };
    private static readonly RandomModel Llama = new() { Name = "llama", Architecture = "llama", Layers = 3 };
    private static readonly string[] Backends = ["reference", "cpu"];

    private static readonly RandomModel[] Shapes =
    [
        Dense,
        Mixture,
        Mixture with { Name = "every second layer a mixture, top-2", MoeStep = 2, ExpertsUsed = 2, Layers = 8 },
        Mixture with { Name = "top-3 of 5", Experts = 5, ExpertsUsed = 3 },
        Mixture with { Name = "all experts used", Experts = 3, ExpertsUsed = 3 },
        Mixture with { Name = "128 experts: no QK norm", Experts = 128, Layers = 2, ExpertSize = 16 },
        Mixture with { Name = "128 experts, QK norm by key", Experts = 128, Layers = 2, ExpertSize = 16, UseQkNorm = true },
        Mixture with { Name = "QK norm off by key", NoQkNorm = true },
        Dense with { Name = "a KV head for every head", Heads = 4, KvHeads = 4 },
        Dense with { Name = "5 heads on 1 KV head", Heads = 5, KvHeads = 1, HeadDim = 32 },
        Dense with { Name = "4 heads on 1 KV head of 64", Heads = 4, KvHeads = 1, HeadDim = 64 },
        Dense with { Name = "widths that are no multiples of 16", HiddenSize = 44, Heads = 3, KvHeads = 1, HeadDim = 18, DenseSize = 37, VocabSize = 67 },
        Mixture with { Name = "odd widths in a mixture", HiddenSize = 36, HeadDim = 20, ExpertSize = 23, Experts = 5, ExpertsUsed = 2 },
        Dense with { Name = "chunk of 5", ChunkSize = 5 },
        Mixture with { Name = "chunk of 16, temperature from position 7", ChunkSize = 16, TemperatureFloor = 8 },
        Mixture with { Name = "chunk of 1", ChunkSize = 1 },
        Dense with { Name = "no RoPE every second layer", NopeInterval = 2, ChunkSize = 9, TemperatureFloor = 3 },
        Dense with { Name = "RoPE in every layer by interval", NopeInterval = 0, ChunkSize = 11 },
        Dense with { Name = "no RoPE in any layer", NopeInterval = 1, TemperatureFloor = 4 },
        Dense with { Name = "window 0: RoPE and everything visible in every layer", SlidingWindow = 0 },
        Dense with { Name = "part of a head rotated", RopeDimensions = 8 },
        Mixture with { Name = "frequencies divided", RopeDivisors = [1, 1, 1.5f, 2, 4, 8, 16, 16] },
        Dense with { Name = "tied embeddings", Tied = true },
        Llama,
        Llama with { Name = "llama, scaled as Llama 3.2, tied", RopeBase = 500000, RopeDivisors = [1, 1, 1, 1, 3.5f, 32, 32, 32], Tied = true },
        Llama with { Name = "llama, 5 heads on 1", Heads = 5, KvHeads = 1 },
    ];

    // Blocks of 32 or 256 must divide every width.
    private static readonly RandomModel WideDense = Dense with { Name = "wide dense", HiddenSize = 256, Heads = 8, KvHeads = 2, HeadDim = 32, DenseSize = 256, VocabSize = 128 };

    private static ElementType[] Quantized =>
        [ElementType.Q8_0, ElementType.Q4_0, ElementType.Q4_1, ElementType.Q5_0, ElementType.Q5_1, ElementType.Q4_K, ElementType.Q5_K, ElementType.Q6_K];

    public static TheoryData<string, string> ShapeCases => Pairs(Shapes.Select(s => s.Name));

    public static TheoryData<string, string> PlainTypeCases => Pairs([nameof(ElementType.F16), nameof(ElementType.BF16)]);

    public static TheoryData<string> QuantizedTypes => [.. Quantized.Select(t => t.ToString())];

    public static TheoryData<string, int> LatePositions => Combine(Backends, [8150, 16_350, 40_920, 100_000, 1_000_000, 10_000_000]);

    public static TheoryData<Deviations> AllDeviations => [.. Enum.GetValues<Deviations>().Where(d => d != Deviations.None)];

    [Theory, MemberData(nameof(ShapeCases))]
    public void Agrees_with_float64_whatever_the_shape(string backend, string shape) =>
        AssertExact(Shapes.Single(s => s.Name == shape), backend);

    // 48 tokens from 8150 on cross the edge of the chunk and of the temperature at 8192; the others, later steps of both.
    [Theory, MemberData(nameof(LatePositions))]
    public void Agrees_with_float64_at_late_positions(string backend, int firstPos) => AssertExact(Mixture, backend, firstPos);

    // Rows of whole blocks; F16 rows of other lengths are what a quantizer leaves over.
    [Theory, MemberData(nameof(PlainTypeCases))]
    public void Half_precision_weights_multiply_unrounded_activations(string backend, string type)
    {
        AssertExact(Dense with { Type = Enum.Parse<ElementType>(type), DenseSize = 96 }, backend);
        AssertExact(Mixture with { Type = Enum.Parse<ElementType>(type), ExpertSize = 64 }, backend);
    }

    [Theory, MemberData(nameof(QuantizedTypes))]
    public void Reference_backend_is_exact_with_quantized_weights(string type) => AssertExact(WideDense with { Type = Enum.Parse<ElementType>(type) }, "reference");

    // The only thing the integer kernels may lose is what rounding activations to 8 bits loses; a float64 model that rounds
    // the same way tells how much that is. Single roundings fall differently, so the sizes agree statistically: over some
    // 5000 logits of correlated rows within a few percent, 15 % is generous; a second source of error as large adds 41 %.
    [Theory, MemberData(nameof(QuantizedTypes))]
    public void Cpu_backend_loses_with_quantized_weights_what_rounding_activations_loses(string type)
    {
        RandomModel model = WideDense with { Type = Enum.Parse<ElementType>(type) };
        using RandomModelFile file = new(models, model, "cpu");
        int[] tokens = RandomModelFile.RandomTokens(model, 40);
        double[][] exact = new Float64Decoder(model, file.Decoded).Logits(tokens);
        double[][] rounded = new Float64Decoder(model, file.Decoded) { RoundActivations = true }.Logits(tokens);

        double actual = Median(Errors(exact, file.Logits(tokens))), expected = Median(Errors(exact, [.. rounded.Select(r => r.Select(v => (float)v).ToArray())]));

        Assert.True(actual <= 1.15 * expected, $"median error {actual:G3}; rounding of activations alone gives {expected:G3}");
        Assert.True(actual >= 0.5 * expected, $"median error {actual:G3} is too small to have rounded activations: {expected:G3}");
    }

    [Theory, InlineData(1), InlineData(3), InlineData(16), InlineData(64)]
    public void Agrees_with_float64_whatever_the_size_of_a_page(int pageTokens)
    {
        foreach (string backend in Backends) AssertExact(Mixture with { ChunkSize = 10 }, backend, pageTokens: pageTokens);
    }

    // The comparison must see mistakes, or its agreement would mean nothing.
    [Theory, MemberData(nameof(AllDeviations))]
    public void A_wrong_computation_is_noticed(Deviations deviation)
    {
        RandomModel model = Mixture with
        {
            Name = "guard",
            ExpertsUsed = 2,
            ChunkSize = 16,
            TemperatureFloor = 8,
            RopeDivisors = [1, 1, 1.5f, 2, 4, 8, 16, 16],
            Heads = 4,
            KvHeads = 2,
        };
        int firstPos = deviation == Deviations.Float32Angles ? 1_000_000 : 0;
        using RandomModelFile file = new(models, model, "cpu");
        int[] tokens = RandomModelFile.RandomTokens(model, 48);

        double[][] wrong = new Float64Decoder(model, file.Decoded) { Deviations = deviation }.Logits(tokens, firstPos);
        double largest = Errors(wrong, file.Logits(tokens, firstPos)).Max();

        Assert.True(largest > 50 * Float32Limit, $"{deviation} changes logits by {largest:G3} only");
    }

    private void AssertExact(RandomModel model, string backend, int firstPos = 0, int pageTokens = 64)
    {
        using RandomModelFile file = new(models, model, backend);
        int[] tokens = RandomModelFile.RandomTokens(model, 48);
        Float64Decoder oracle = new(model, file.Decoded);
        double[][] exact = oracle.Logits(tokens, firstPos);
        double[] errors = Errors(exact, file.Logits(tokens, firstPos, pageTokens: pageTokens));

        Assert.True(oracle.RouterMargins.Min() > ClearRouter, $"{model}: two experts score within {oracle.RouterMargins.Min():G3}; choose another seed");
        int worst = Array.IndexOf(errors, errors.Max());
        Assert.True(errors[worst] <= Float32Limit, $"{model} on {backend}: token {worst} is off by {errors[worst]:G3}");
    }

    private static double[] Errors(double[][] exact, float[][] test) => [.. exact.Zip(test, (e, t) =>
    {
        double mean = e.Average();
        return Math.Sqrt(e.Zip(t, (x, y) => (x - y) * (x - y)).Sum() / e.Sum(x => (x - mean) * (x - mean)));
    })];

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);

    private static TheoryData<string, string> Pairs(IEnumerable<string> names) => Combine(Backends, [.. names]);

    private static TheoryData<string, T> Combine<T>(string[] backends, T[] values)
    {
        TheoryData<string, T> data = [];
        foreach (T value in values)
        {
            foreach (string backend in backends) data.Add(backend, value);
        }

        return data;
    }
}
