using Puna.Engine.Sampling;

namespace Puna.Tests.Engine.Sampling;

public class SamplerTests
{
    private const int VocabSize = 200;

    private static SamplingOptions Everything => new()
    {
        Temperature = 0.8f,
        TopK = 50,
        TypicalP = 0.99f,
        TopP = 0.95f,
        MinP = 0.01f,
        RepetitionPenalty = 1.1f,
        RepeatLastN = -1,
        PresencePenalty = 0.1f,
        FrequencyPenalty = 0.1f,
        Dry = new DryOptions { SequenceBreakers = [3] },
        XtcProbability = 0.5f,
        LogitBias = new Dictionary<int, float> { [5] = 1, [6] = float.NegativeInfinity },
        Logprobs = true,
        TopLogprobs = 5,
        Seed = 42,
    };

    [Theory]
    [InlineData(float.NaN, 0)]
    [InlineData(float.NaN, 130)]
    [InlineData(float.PositiveInfinity, 77)]
    [InlineData(float.PositiveInfinity, 199)]
    public void Logit_that_is_no_number_is_an_error_that_names_the_token(float bad, int id)
    {
        float[] logits = new float[VocabSize];
        logits[id] = bad;

        InvalidLogitsException error = Assert.Throws<InvalidLogitsException>(() => new Sampler(SamplingOptions.Greedy, VocabSize, 16).Sample(logits));

        Assert.Equal(id, error.TokenId);
        Assert.Equal(bad, error.Value);
    }

    [Fact]
    public void Mask_leaves_only_the_allowed_tokens()
    {
        Random random = new(1);
        for (int round = 0; round < 300; round++)
        {
            int vocabSize = Rows.VocabSizes[round % Rows.VocabSizes.Length];
            float[] logits = new float[vocabSize];
            ulong[] allowed = new ulong[(vocabSize + 63) / 64];
            for (int i = 0; i < allowed.Length; i++) allowed[i] = random.Next(4) switch { 0 => 0, 1 => ulong.MaxValue, _ => (ulong)random.NextInt64() };
            for (int i = 0; i < vocabSize; i++) logits[i] = random.Next(20);
            int[] ids = [.. Enumerable.Range(0, vocabSize).Where(i => (allowed[i / 64] >> (i % 64) & 1) == 1)];
            Sampler sampler = new(SamplingOptions.Greedy, vocabSize, 16);

            if (ids.Length == 0)
                Assert.Throws<NoTokenAllowedException>(() => sampler.Sample(logits, allowed));
            else
                Assert.Equal(ids.MaxBy(i => logits[i]), sampler.Sample(logits, allowed).Id);
        }
    }

    [Fact]
    public void Bias_moves_bans_and_requires_tokens()
    {
        float[] logits = [1, 2, 3, 4];
        int Best(params (int Id, float Bias)[] bias) =>
            new Sampler(SamplingOptions.Greedy with { LogitBias = bias.ToDictionary(b => b.Id, b => b.Bias) }, 4, 16).Sample(logits).Id;

        Assert.Equal(0, Best((0, 10f)));
        Assert.Equal(2, Best((3, float.NegativeInfinity)));
        Assert.Equal(1, Best((1, float.PositiveInfinity), (0, float.PositiveInfinity)));
        Assert.Throws<NoTokenAllowedException>(() => Best((0, float.NegativeInfinity), (1, float.NegativeInfinity), (2, float.NegativeInfinity), (3, float.NegativeInfinity)));
    }

    [Fact]
    public void Row_is_left_as_it_was()
    {
        float[] logits = Rows.Random(new Random(3), VocabSize), before = [.. logits];
        Sampler sampler = new(Everything, VocabSize, 64);
        sampler.Accept(sampler.Sample(logits, AllAllowed(VocabSize), new TokenLogprob[5]).Id);
        sampler.Sample(logits, AllAllowed(VocabSize), new TokenLogprob[5]);

        Assert.Equal(before, logits);
    }

    [Fact]
    public void Log_probabilities_are_those_of_the_raw_row()
    {
        Random random = new(4);
        TokenLogprob[] top = new TokenLogprob[20];
        for (int round = 0; round < 200; round++)
        {
            float[] logits = Rows.Random(random, Rows.VocabSizes[round % Rows.VocabSizes.Length]);
            SamplingOptions options = new() { Logprobs = true, TopLogprobs = random.Next(21), Temperature = 0.5f, TopK = 10, PresencePenalty = 1, Seed = 9 };
            Sampler sampler = new(options, logits.Length, 16);
            sampler.Accept(0);

            SampledToken token = sampler.Sample(logits, default, top);

            List<SamplingOracle.Entry> all = SamplingOracle.Filter(logits, new SamplingOptions()).Kept;
            // Weights are off by 2.4e-7 relative, which the logarithm makes absolute; the result is rounded to float32.
            Assert.Equal(Math.Log(all.Single(e => e.Id == token.Id).P), token.Logprob!.Value, 1e-5);
            Assert.Equal(Math.Min(options.TopLogprobs, all.Count), token.TopLogprobCount);
            Assert.Equal(all.Take(token.TopLogprobCount).Select(e => e.Id), top.Take(token.TopLogprobCount).Select(t => t.Id));
            for (int i = 0; i < token.TopLogprobCount; i++) Assert.Equal(Math.Log(all[i].P), top[i].Logprob, 1e-5);
        }
    }

    [Fact]
    public void Log_probabilities_are_absent_unless_asked_for() => Assert.Null(new Sampler(SamplingOptions.Greedy, 3, 16).Sample([1, 2, 3]).Logprob);

    [Theory]
    [InlineData(0.5f)]
    [InlineData(1f)]
    [InlineData(1.7f)]
    public void Draws_follow_the_softmax(float temperature)
    {
        float[] logits = [.. Enumerable.Range(0, 20).Select(i => (i * 7 % 20) / 6f)];
        Sampler sampler = new(new SamplingOptions { Temperature = temperature, Seed = 2026 }, logits.Length, 16);
        const int n = 50_000;
        int[] counts = new int[logits.Length];
        for (int i = 0; i < n; i++) counts[sampler.Sample(logits).Id]++;

        double z = logits.Sum(x => Math.Exp(x / temperature));
        double chiSquare = logits.Select((x, id) => (Expected: n * Math.Exp(x / temperature) / z, Count: counts[id])).Sum(c => Math.Pow(c.Count - c.Expected, 2) / c.Expected);

        Assert.InRange(chiSquare, 5.41, 43.8); // 19 degrees of freedom: all but 0.1 % on either side
    }

    [Fact]
    public void Xtc_removes_all_but_the_least_likely_top_choice_as_often_as_asked()
    {
        float[] logits = [.. new[] { 0.4, 0.3, 0.2, 0.06, 0.04 }.Select(p => (float)Math.Log(p))];
        Sampler always = new(new SamplingOptions { XtcProbability = 1, XtcThreshold = 0.1f, Seed = 1 }, 5, 16);
        Sampler sometimes = new(new SamplingOptions { XtcProbability = 0.5f, XtcThreshold = 0.1f, Seed = 1 }, 5, 16);
        Sampler single = new(new SamplingOptions { XtcProbability = 1, XtcThreshold = 0.35f, Seed = 1 }, 5, 16);
        int[] alwaysCounts = new int[5], sometimesCounts = new int[5], singleCounts = new int[5];
        const int n = 10_000;
        for (int i = 0; i < n; i++)
        {
            alwaysCounts[always.Sample(logits).Id]++;
            sometimesCounts[sometimes.Sample(logits).Id]++;
            singleCounts[single.Sample(logits).Id]++;
        }

        Assert.Equal(0, alwaysCounts[0] + alwaysCounts[1]);
        Assert.Equal(n * 0.2 / 0.3, alwaysCounts[2], 5 * Math.Sqrt(n * 0.25));  // five standard deviations at most
        Assert.Equal(n * 0.2, sometimesCounts[0], 5 * Math.Sqrt(n * 0.25));     // half of 0.4
        Assert.Equal(n * 0.4, singleCounts[0], 5 * Math.Sqrt(n * 0.25));        // one top choice is no choice to exclude
    }

    [Fact]
    public void Seed_repeats_the_run_and_is_reported_when_none_was_given()
    {
        float[] logits = Rows.Random(new Random(8), VocabSize);
        Sampler first = new(new SamplingOptions { Temperature = 5 }, VocabSize, 16);
        Sampler second = new(new SamplingOptions { Temperature = 5, Seed = first.Seed }, VocabSize, 16);
        int[] drawn = Draw(first, logits, 50);

        Assert.Equal(drawn, Draw(second, logits, 50));
        Assert.NotEqual(first.Seed, new Sampler(new SamplingOptions(), VocabSize, 16).Seed);

        first.Reset();
        Assert.Equal(drawn, Draw(first, logits, 50));
    }

    [Fact]
    public void Seed_draws_the_tokens_it_always_drew()
    {
        // Recorded from this implementation, to notice a change: a seed promises the same run in every version and on every machine.
        float[] logits = [.. Enumerable.Range(0, VocabSize).Select(i => i * 37 % VocabSize / 32f)];
        Sampler sampler = new(new SamplingOptions { Seed = 1, TopP = 0.9f }, VocabSize, 16);

        Assert.Equal(GoldenDraws, Draw(sampler, logits, 12));
    }

    [Fact]
    public void Clone_goes_on_alike_and_then_apart()
    {
        float[] logits = Rows.Random(new Random(9), VocabSize);
        Sampler original = new(Everything with { Logprobs = false, TopLogprobs = 0 }, VocabSize, 64);
        original.AcceptPrompt([1, 2, 3, 1, 2]);
        Draw(original, logits, 20);
        Sampler clone = original.Clone();

        Assert.Equal(Draw(original.Clone(), logits, 20), Draw(clone, logits, 20));
        int[] ahead = Draw(clone, logits, 30);
        Assert.Equal(ahead, Draw(original, logits, 50)[20..]); // what the clone accepted did not reach the original
    }

    [Theory]
    [InlineData("greedy")]
    [InlineData("temperature")]
    [InlineData("filters")]
    [InlineData("everything")]
    public void Nothing_is_allocated_after_the_first_calls(string name)
    {
        const int vocabSize = 5003;
        SamplingOptions options = name switch
        {
            "greedy" => SamplingOptions.Greedy,
            "temperature" => new() { Seed = 1 },
            "filters" => new() { TopP = 0.9f, MinP = 0.05f, TypicalP = 0.95f, Seed = 1 },
            _ => Everything,
        };
        Sampler sampler = new(options, vocabSize, 700);
        float[][] rows = [.. Enumerable.Range(0, 5).Select(i => Rows.Random(new Random(i), vocabSize))];
        ulong[] allowed = name == "everything" ? AllAllowed(vocabSize) : [];
        TokenLogprob[] top = new TokenLogprob[20];
        for (int i = 0; i < 20; i++) sampler.Accept(sampler.Sample(rows[i % 5], allowed, top).Id);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++) sampler.Accept(sampler.Sample(rows[i % 5], allowed, top).Id); // past the window of 700 too

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Spans_of_wrong_length_are_refused()
    {
        Sampler sampler = new(new SamplingOptions { Logprobs = true, TopLogprobs = 2 }, 70, 16);

        Assert.Throws<ArgumentException>(() => sampler.Sample(new float[69], default, new TokenLogprob[2]));
        Assert.Throws<ArgumentException>(() => sampler.Sample(new float[70], [1UL], new TokenLogprob[2]));
        Assert.Throws<ArgumentException>(() => sampler.Sample(new float[70], default, new TokenLogprob[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => sampler.Accept(70));
        Assert.Throws<ArgumentOutOfRangeException>(() => sampler.AcceptPrompt([1, -1]));
    }

    private static readonly int[] GoldenDraws = [91, 167, 48, 178, 64, 135, 81, 178, 123, 194, 193, 128];

    private static ulong[] AllAllowed(int vocabSize) => [.. Enumerable.Repeat(ulong.MaxValue, (vocabSize + 63) / 64)];

    private static int[] Draw(Sampler sampler, float[] logits, int count)
    {
        int[] drawn = new int[count];
        for (int i = 0; i < count; i++)
        {
            drawn[i] = sampler.Sample(logits).Id;
            sampler.Accept(drawn[i]);
        }

        return drawn;
    }
}
