using Puna.Evaluation.Statistics;

namespace Puna.Tests.Evaluation.Statistics;

public sealed class BootstrapTests
{
    [Fact]
    public void The_interval_of_a_mean_is_the_normal_one_for_many_items()
    {
        SplitMix64 random = new(3);
        double[] scores = [.. Enumerable.Range(0, 2000).Select(_ => (double)random.Next(100))];
        Interval normal = Interval.Around(scores.Average(), Averages.StandardError(scores));
        Interval interval = Bootstrap.OfMean([scores], macro: false, seed: 1);

        // The ends of a percentile interval over B = 10,000 draws err by about SE·sqrt(p(1-p)/B)/φ(1.96) = 0.027 SE; three times that.
        double slack = 0.08 * Averages.StandardError(scores);
        Assert.Equal(normal.Low, interval.Low, slack);
        Assert.Equal(normal.High, interval.High, slack);
    }

    [Fact]
    public void The_same_seed_gives_the_same_interval_and_another_one_does_not()
    {
        double[][] groups = [[0.1, 0.7, 0.3, 0.9], [0.2, 0.25, 0.8]];

        Assert.Equal(Bootstrap.OfMean(groups, macro: true, seed: 5), Bootstrap.OfMean(groups, macro: true, seed: 5));
        Assert.NotEqual(Bootstrap.OfMean(groups, macro: true, seed: 5), Bootstrap.OfMean(groups, macro: true, seed: 6));
    }

    [Fact]
    public void Groups_keep_their_sizes()
    {
        // Every group is constant, so no stratified resample can differ.
        double[][] groups = [[1, 1, 1], [0, 0], [0.5]];

        Assert.Equal(new Interval(0.5, 0.5), Bootstrap.OfMean(groups, macro: true, seed: 1, replicates: 200));
        Interval micro = Bootstrap.OfMean(groups, macro: false, seed: 1, replicates: 200);
        Assert.Equal(3.5 / 6, micro.Low, 12);
        Assert.Equal(3.5 / 6, micro.High, 12);
    }

    [Fact]
    public void Clusters_are_drawn_whole()
    {
        double[] scores = [1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0];
        string[] clusters = [.. Enumerable.Range(0, 12).Select(i => $"{i / 3}")];
        Bootstrap.Unit[] units = Bootstrap.Clusters(scores, clusters);

        Assert.Equal([new(3, 3), new(0, 3), new(3, 3), new(0, 3)], units);
        Interval independent = Bootstrap.OfMean([scores], macro: false, seed: 2), clustered = Bootstrap.OfUnits([units], macro: false, seed: 2);
        Assert.True(clustered.High - clustered.Low > 1.3 * (independent.High - independent.Low));
    }
}
