using Puna.Engine.Sampling;

namespace Puna.Tests.Engine.Sampling;

public class FilterChainTests
{
    public static TheoryData<string> Filters =>
    [
        "top-k", "top-p", "min-p", "typical-p", "top-p + min-p", "typical-p + top-p", "everything", "min-keep", "top-k of many", "edges",
    ];

    [Theory, MemberData(nameof(Filters))]
    public void Kept_tokens_are_those_of_the_full_sort(string filter)
    {
        Random random = new(filter.Length * 31);
        int compared = 0;
        for (int round = 0; round < 260; round++)
        {
            float[] logits = Rows.Random(random, Rows.VocabSizes[round % Rows.VocabSizes.Length]);
            SamplingOptions options = Options(filter, random);
            SamplingOracle oracle = SamplingOracle.Filter(logits, options);
            if (oracle.IsClose) continue;

            LogitBlocks blocks = new(logits.Length);
            blocks.Build(logits);
            Span<Candidate> kept = new FilterChain(options, logits.Length).Filter(logits, blocks);

            int[] actual = [.. kept.ToArray().Select(c => c.Id).Order()];
            Assert.Equal(oracle.Kept.Select(e => e.Id).Order(), actual);
            compared++;
        }

        Assert.InRange(compared, 130, 260); // the rows left out as too close are the exception
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(0.3f)]
    [InlineData(1f)]
    public void Draw_is_the_inverse_of_the_cumulative_distribution(float xtcProbability)
    {
        Random random = new(5);
        int compared = 0;
        for (int round = 0; round < 1000; round++)
        {
            float[] logits = Rows.Random(random, Rows.VocabSizes[round % Rows.VocabSizes.Length]);
            SamplingOptions options = (round % 4 == 0 ? Options("everything", random) : new SamplingOptions()) with
            {
                Temperature = random.Next(5) switch { 0 => 0f, 1 => 0.1f, 2 => 0.7f, 3 => 1f, _ => 1.9f },
                XtcProbability = xtcProbability,
                XtcThreshold = random.Next(3) switch { 0 => 0f, 1 => 0.05f, _ => 0.2f },
                Seed = (ulong)round,
            };
            Xoshiro256 dice = new((ulong)round);
            SamplingOracle oracle = SamplingOracle.Filter(logits, options);
            if (xtcProbability > 0 && dice.NextUnit() < xtcProbability) oracle.Xtc(options);
            int expected = options.Temperature == 0 ? oracle.Kept[0].Id : oracle.Draw(dice.NextUnit(), options.Temperature);
            if (oracle.IsClose) continue;

            Assert.Equal(expected, new Sampler(options, logits.Length, 16).Sample(logits).Id);
            compared++;
        }

        Assert.InRange(compared, 500, 1000);
    }

    [Fact]
    public void Ties_are_broken_by_the_lowest_id()
    {
        float[] logits = new float[300];
        Sampler k3 = new(new SamplingOptions { TopK = 3, Seed = 1 }, 300, 16);
        HashSet<int> drawn = [];
        for (int i = 0; i < 200; i++) drawn.Add(k3.Sample(logits).Id);

        Assert.Equal([0, 1, 2], drawn.Order());
        Assert.Equal(0, new Sampler(SamplingOptions.Greedy, 300, 16).Sample(logits).Id);
    }

    [Fact]
    public void Top_p_of_zero_keeps_the_best_token_only()
    {
        Sampler sampler = new(new SamplingOptions { TopP = 0, Temperature = 100, Seed = 3 }, 4, 16);

        for (int i = 0; i < 50; i++) Assert.Equal(2, sampler.Sample([1f, 2f, 3f, 2.9f]).Id);
    }

    [Fact]
    public void Huge_logits_neither_overflow_nor_hide_a_token()
    {
        float[] logits = [float.MinValue, 3e38f, 3e38f, -3e38f, float.NegativeInfinity, float.MaxValue];
        foreach (float temperature in new[] { float.Epsilon, 1e-6f, 1f, 100f })
        {
            Assert.Equal(5, new Sampler(new SamplingOptions { Temperature = temperature, Seed = 1 }, 6, 16).Sample(logits).Id);
            Assert.Equal(5, new Sampler(new SamplingOptions { Temperature = temperature, Seed = 1, TopP = 0.9f, MinP = 0.1f, TypicalP = 0.9f }, 6, 16).Sample(logits).Id);
        }
    }

    private static SamplingOptions Options(string filter, Random random)
    {
        float p = (float)random.NextDouble(), q = (float)random.NextDouble();
        return filter switch
        {
            "top-k" => new() { TopK = random.Next(1, 100) },
            "top-k of many" => new() { TopK = random.Next(1, 6000), MinP = 1e-6f },
            "top-p" => new() { TopP = p },
            "min-p" => new() { MinP = p * p },
            "typical-p" => new() { TypicalP = p },
            "top-p + min-p" => new() { TopP = p, MinP = q * 0.2f },
            "typical-p + top-p" => new() { TypicalP = p, TopP = q },
            "min-keep" => new() { TopP = p * 0.5f, MinP = q, TypicalP = random.Next(2) == 0 ? 1f : p, MinKeep = random.Next(1, 20) },
            "edges" => new() { TopP = random.Next(2), TypicalP = random.Next(2), MinP = random.Next(2) == 0 ? 1f : 1e-7f },
            _ => new() { TopK = random.Next(1, 300), TypicalP = 0.5f + (p / 2), TopP = 0.5f + (q / 2), MinP = 0.02f },
        };
    }
}
