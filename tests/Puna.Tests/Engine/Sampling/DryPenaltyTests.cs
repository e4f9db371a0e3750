using Puna.Engine.Sampling;

namespace Puna.Tests.Engine.Sampling;

public class DryPenaltyTests
{
    private const int VocabSize = 12;

    [Theory]
    [InlineData(1, 0f)]       // one token repeated: shorter than allowed
    [InlineData(2, 0.5f)]     // just the allowed length: base^0
    [InlineData(3, 1f)]       // each further token doubles
    [InlineData(4, 2f)]
    public void Penalty_grows_with_the_length_of_the_repetition(int repeated, float expected)
    {
        DryPenalty dry = new(new DryOptions { Multiplier = 0.5f, Base = 2, AllowedLength = 2 }, VocabSize, 64);
        int[] sequence = [9, 1, 2, 3, 4, 5, 10];
        Feed(dry, sequence);
        Feed(dry, sequence[(5 - repeated)..5]); // ends in 4, after which 5 came

        float[] logits = new float[VocabSize];
        dry.Apply(logits);

        Assert.Equal(-expected, logits[5]);
        Assert.Equal(-expected, logits.Sum());
    }

    [Fact]
    public void Longest_of_several_repetitions_counts()
    {
        DryPenalty dry = new(new DryOptions { Multiplier = 1, Base = 2, AllowedLength = 1 }, VocabSize, 64);
        Feed(dry, [1, 2, 3, 7, 8, 3, 7, 1, 2, 3]); // 1 2 3 was followed by 7, and so was 3 alone

        Assert.Equal(-4f, Applied(dry)[7]); // 2^(3 - 1)
    }

    [Fact]
    public void Sequence_breaker_ends_a_repetition_and_is_never_penalized()
    {
        DryOptions options = new() { Multiplier = 1, Base = 2, AllowedLength = 1, SequenceBreakers = [0] };
        DryPenalty across = new(options, VocabSize, 64);
        Feed(across, [1, 2, 0, 3, 4, 1, 2, 0, 3]); // only 3 after the breaker counts
        DryPenalty next = new(options, VocabSize, 64);
        Feed(next, [1, 2, 0, 1, 2]); // the breaker would follow
        DryPenalty last = new(options, VocabSize, 64);
        Feed(last, [0, 5, 0]); // the breaker itself is no repetition

        Assert.Equal(-1f, Applied(across)[4]);
        Assert.Equal(0f, Applied(next).Sum());
        Assert.Equal(0f, Applied(last).Sum());
    }

    [Theory]
    [InlineData(1)] // after every token: the incremental path
    [InlineData(5)] // some at once: the path a prompt takes
    [InlineData(90)]
    public void Agrees_with_comparing_every_suffix(int step)
    {
        Random random = new(step);
        for (int round = 0; round < 20; round++)
        {
            int window = random.Next(1, 60), letters = random.Next(1, VocabSize);
            DryOptions options = new() { Multiplier = 1, Base = 1.5f, AllowedLength = random.Next(1, 4), LastN = window, SequenceBreakers = round % 2 == 0 ? [0] : [] };
            DryPenalty dry = new(options, VocabSize, 1000);
            List<int> tokens = [];
            for (int n = 1; n <= 400; n++)
            {
                int id = tokens.Count > 10 && random.Next(4) > 0 ? tokens[^random.Next(3, 8)] : random.Next(letters);
                tokens.Add(id);
                dry.Add(id);
                if (n % step != 0) continue;

                Assert.Equal(Naive([.. tokens.TakeLast(window)], options), Applied(dry));
            }
        }
    }

    [Fact]
    public void Long_repetition_stays_finite_and_takes_linear_time()
    {
        DryPenalty dry = new(new DryOptions { Multiplier = 100, Base = 10 }, VocabSize, 200_000);
        Feed(dry, Enumerable.Repeat(3, 200_000).ToArray()); // comparing every suffix would be 2e10 steps

        float penalized = Applied(dry)[3];
        Assert.True(float.IsFinite(penalized) && penalized < -1e20f, $"{penalized}");
    }

    private static float[] Naive(int[] tokens, DryOptions options)
    {
        int[] longest = new int[VocabSize];
        for (int end = 1; end < tokens.Length; end++)
        {
            int length = 0;
            while (length < end && tokens[end - 1 - length] == tokens[^(length + 1)] && !options.SequenceBreakers.Contains(tokens[^(length + 1)])) length++;
            longest[tokens[end]] = Math.Max(longest[tokens[end]], length);
        }

        float[] logits = new float[VocabSize];
        for (int id = 0; id < VocabSize; id++)
        {
            if (longest[id] >= options.AllowedLength && !options.SequenceBreakers.Contains(id))
                logits[id] -= (float)(options.Multiplier * Math.Pow(options.Base, longest[id] - options.AllowedLength));
        }

        return logits;
    }

    private static void Feed(DryPenalty dry, int[] tokens)
    {
        foreach (int id in tokens) dry.Add(id);
    }

    private static float[] Applied(DryPenalty dry)
    {
        float[] logits = new float[VocabSize];
        dry.Apply(logits);
        return logits;
    }
}
