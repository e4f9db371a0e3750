using Puna.Evaluation.Statistics;

namespace Puna.Tests.Evaluation.Statistics;

public sealed class IntervalTests
{
    [Theory]
    [InlineData(0, 10, 0, 0.277533)]
    [InlineData(7, 10, 0.396778, 0.892209)]
    [InlineData(50, 100, 0.403832, 0.596168)]
    [InlineData(113, 198, 0.501063, 0.637660)]
    [InlineData(141, 164, 0.798348, 0.904696)]
    [InlineData(164, 164, 0.977113, 1)]
    public void Wilson_intervals_are_the_published_ones(int right, int n, double low, double high)
    {
        Interval interval = Interval.Wilson(right, n);

        Assert.Equal(low, interval.Low, 6);
        Assert.Equal(high, interval.High, 6);
    }

    [Fact]
    public void More_right_than_there_are_is_refused() =>
        Assert.Contains("0 to 3", Assert.Throws<ArgumentOutOfRangeException>(() => Interval.Wilson(4, 3)).Message);

    // Values of Python's statistics.NormalDist.
    [Theory]
    [InlineData(0.975, 1.9599639845400536)]
    [InlineData(0.8, 0.8416212335729144)]
    [InlineData(0.001, -3.090232306167813)]
    [InlineData(0.5, 0)]
    public void Normal_quantiles(double p, double x)
    {
        Assert.Equal(x, NormalDistribution.Quantile(p), 1e-10);
        Assert.Equal(p, NormalDistribution.Below(x), 1e-12);
    }

    [Fact]
    public void Tails_of_the_normal_distribution()
    {
        Assert.Equal(0.0006871379379158604, NormalDistribution.Below(-3.2), 1e-15);
        Assert.Equal(0, NormalDistribution.Below(-40));
        Assert.Equal(1, NormalDistribution.Below(40));
    }

    [Fact]
    public void A_mean_of_shares_keeps_a_width_where_all_are_wrong()
    {
        Interval two = Interval.OfMeanShare([(3, 4), (10, 100)]); // by hand from Wilson's (0.3006, 0.9544) and (0.0552, 0.1744)
        Interval none = Interval.OfMeanShare([(0, 1), (0, 1), (0, 1), (0, 1)]); // one is 0 to 0.7935, the mean of four half as wide

        Assert.Equal(0.1992, two.Low, 1e-3);
        Assert.Equal(0.5338, two.High, 1e-3);
        Assert.Equal((0, 0.3967), (none.Low, Math.Round(none.High, 4)));
    }

    [Fact]
    public void It_covers_the_truth_as_often_as_it_says()
    {
        double[] truths = [0.1, 0.5, 0.9];
        Random random = new(7);
        int covered = 0;
        for (int run = 0; run < 2_000; run++)
        {
            Interval interval = Interval.OfMeanShare([.. truths.Select(truth => ((double)Enumerable.Range(0, 12).Count(_ => random.NextDouble() < truth), 12))]);
            if (interval.Contains(0.5)) covered++;
        }

        Assert.InRange(covered / 2_000.0, 0.93, 0.985);
    }
}
