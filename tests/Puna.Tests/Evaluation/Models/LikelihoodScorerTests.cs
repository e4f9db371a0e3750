using Puna.Compute;
using Puna.Evaluation.Models;
using Puna.Models;
using Puna.Models.Cache;
using Puna.Tests.Engine;

namespace Puna.Tests.Evaluation.Models;

public sealed class LikelihoodScorerTests(EngineFixture fixture) : IClassFixture<EngineFixture>
{
    private PunaModel Model => fixture.Model;

    [Theory]
    [InlineData(1, 512)]
    [InlineData(3, 7)] // passes that end inside contexts and continuations
    [InlineData(16, 64)]
    public void Scores_have_the_bits_of_one_pass_per_continuation(int sequences, int batchTokens)
    {
        TokenQuestion[] questions = Questions();
        using LikelihoodScorer scorer = new(Model, sequences, batchTokens);

        Dictionary<int, ContinuationScore[]> scores = scorer.Score(questions).ToDictionary(s => s.Index, s => s.Scores);

        Assert.Equal(questions.Length, scores.Count);
        for (int i = 0; i < questions.Length; i++)
            Assert.Equal(questions[i].Continuations.Select(c => Alone(questions[i].Context, c)), scores[i]);
    }

    [Fact]
    public void A_beginning_that_questions_share_is_computed_once()
    {
        int[] shared = Tokens(200, 5);
        TokenQuestion[] questions = [.. Enumerable.Range(0, 20).Select(i => new TokenQuestion([.. shared, .. Tokens(10, 100 + i)], [[1], [2]]))];
        using LikelihoodScorer scorer = new(Model, 4, 512);

        Assert.Equal(20, scorer.Score(questions).Count());
        Assert.InRange(scorer.ComputedTokens, 200 + (20 * 9), 200 + (20 * 12));
    }

    [Fact]
    public void What_is_most_likely_at_every_step_is_greedy()
    {
        int[] context = Tokens(9, 3);
        List<int> best = [];
        for (int i = 0; i < 3; i++) best.Add(Best([.. context, .. best]));
        using LikelihoodScorer scorer = new(Model, 2, 512);

        ContinuationScore[] scores = scorer.Score([new TokenQuestion(context, [[.. best], [best[0], best[1], best[2] == 7 ? 8 : 7]])]).Single().Scores;

        Assert.True(scores[0].Greedy);
        Assert.False(scores[1].Greedy);
    }

    private static TokenQuestion[] Questions()
    {
        int[] shared = Tokens(90, 1);
        return
        [
            new TokenQuestion([.. shared, .. Tokens(5, 2)], [[4], [5], [6], [7]]),
            new TokenQuestion([.. shared, .. Tokens(8, 3)], [[4, 9], [5], [6, 6, 6, 6]]),
            new TokenQuestion([.. shared, .. Tokens(5, 2)], [[8]]), // the first one's context
            new TokenQuestion(shared, [[4], [5]]), // the beginning of others
            new TokenQuestion(shared[..1], [[.. Tokens(20, 8)]]),
            new TokenQuestion(Tokens(70, 20), [[1], [2]]),
            new TokenQuestion([.. Tokens(70, 20), 3], [[1, 2], [2]]),
        ];
    }

    private static int[] Tokens(int count, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(1, 200))];
    }

    private ContinuationScore Alone(int[] context, int[] continuation)
    {
        double sum = 0;
        bool greedy = true;
        for (int i = 0; i < continuation.Length; i++)
        {
            float[] logits = LastLogits([.. context, .. continuation[..i]]);
            LogSoftmax softmax = new(logits);
            sum += softmax.Of(logits[continuation[i]]);
            greedy &= softmax.ArgMax == continuation[i];
        }

        return new ContinuationScore(sum, greedy);
    }

    private int Best(int[] tokens) => new LogSoftmax(LastLogits(tokens)).ArgMax;

    private float[] LastLogits(int[] tokens)
    {
        using KvCache cache = Model.Decoder.CreateCache(new KvCacheOptions { Type = Model.Options.KvType });
        using DecoderState state = Model.Decoder.CreateState(tokens.Length, 1);
        Batch batch = new(tokens.Length);
        int slot = cache.Open();
        for (int i = 0; i < tokens.Length; i++) batch.Add(tokens[i], i, slot, i == tokens.Length - 1);
        Model.Decoder.Forward(batch, cache, state);
        return Model.Decoder.Logits(state, 0).ToArray();
    }
}
