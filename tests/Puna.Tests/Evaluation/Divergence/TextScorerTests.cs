using Puna.Evaluation;
using Puna.Evaluation.Divergence;
using Puna.Evaluation.Models;
using Puna.Tests.Engine;

namespace Puna.Tests.Evaluation.Divergence;

public sealed class TextScorerTests(EngineFixture fixture) : IClassFixture<EngineFixture>
{
    [Fact]
    public void Perplexity_is_that_of_the_log_likelihood_of_every_window()
    {
        int[][] windows = [Tokens(100, 1), Tokens(100, 2), Tokens(37, 3)];
        using LikelihoodScorer scorer = new(fixture.Model, 2, 64);
        double sum = scorer.Score([.. windows.Select(w => new TokenQuestion(w[..1], [w[1..]]))]).Sum(s => s.Scores[0].LogLikelihood);

        TextScore score = TextScorer.Score(fixture.Model, windows);

        Assert.Equal(99 + 99 + 36, score.Tokens);
        Assert.Equal(-sum / score.Tokens, score.NegativeLogLikelihood, 12);
        Assert.Equal(Math.Exp(score.NegativeLogLikelihood), score.Perplexity);
        Assert.Null(score.Divergence);
    }

    [Fact]
    public void A_model_is_no_distance_from_itself()
    {
        DivergenceScore divergence = TextScorer.Score(fixture.Model, [Tokens(80, 4), Tokens(80, 5)], fixture.Model).Divergence!;

        Assert.Equal((0.0, 0.0, 1.0), (divergence.MeanKl, divergence.MaxKl, divergence.Top1Agreement));
    }

    [Fact]
    public void The_divergence_is_that_of_the_two_distributions()
    {
        float[] p = [1, 2, 3, float.NegativeInfinity], q = [3, 2, 1, 0];
        double Share(float[] x, int i) => Math.Exp(x[i]) / x.Sum(v => Math.Exp(v));
        double expected = Enumerable.Range(0, 3).Sum(i => Share(p, i) * Math.Log(Share(p, i) / Share(q, i)));

        Assert.Equal(expected, TextScorer.Kl(p, new LogSoftmax(p), q, new LogSoftmax(q)), 12);
    }

    [Fact]
    public void Windows_begin_with_the_begin_token_and_are_of_one_length()
    {
        string text = string.Concat(Enumerable.Repeat("abc def ", 40));

        IReadOnlyList<int[]> windows = TextWindows.Of(fixture.Model, text, 16, 1000);

        Assert.True(windows.Count > 2);
        Assert.All(windows, window => Assert.Equal(16, window.Length));
        if (fixture.Model.AddsBos) Assert.All(windows, window => Assert.Equal(fixture.Model.Tokenizer.BosId, window[0]));
        Assert.Throws<EvaluationException>(() => TextWindows.Of(fixture.Model, text, 1, 1000));
        Assert.Throws<EvaluationException>(() => TextWindows.Of(fixture.Model, "", 16, 1000));
    }

    private static int[] Tokens(int count, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(1, 200))];
    }
}
