using Puna.Evaluation.Statistics;

namespace Puna.Tests.Evaluation.Statistics;

public sealed class AveragesTests
{
    private static readonly double[][] TwoGroups = [[1, 1, 1, 0], [1, 0, 0, 1, 1, 0]];

    [Fact]
    public void Macro_counts_groups_and_micro_counts_items()
    {
        double[][] groups = [[1, 1, 1, 0], [.. Enumerable.Range(0, 100).Select(i => i < 10 ? 1.0 : 0)]];

        Assert.Equal(0.425, Averages.Macro(groups), 12);
        Assert.Equal(0.125, Averages.Micro(groups), 12);
    }

    // By hand in Python: sqrt(variance / n), and the formulas of the summaries.
    [Fact]
    public void Standard_errors()
    {
        double[] scores = [1, 0, 1, 1, 0, 1, 1, 0];
        string[] pairs = ["a", "a", "b", "b", "c", "c", "d", "d"];

        Assert.Equal(0.18298126367784998, Averages.StandardError(scores), 12);
        Assert.Equal(0.10825317547305482, Averages.ClusteredStandardError(scores, pairs), 12);
        Assert.Equal(0.16770509831248423, Averages.MacroStandardError(TwoGroups), 12);
        Assert.Equal(0.16770509831248423, Averages.PooledStandardError(TwoGroups), 12);
    }

    [Fact]
    public void Items_that_repeat_a_cluster_say_no_more_than_the_cluster()
    {
        double[] once = [1, 0, 1, 0, 1, 1];
        double[] fourTimes = [.. once.SelectMany(score => Enumerable.Repeat(score, 4))];
        string[] clusters = [.. Enumerable.Range(0, 24).Select(i => $"document {i / 4}")];

        Assert.True(Averages.StandardError(fourTimes) < 0.5 * Averages.StandardError(once));
        Assert.Equal(Averages.ClusteredStandardError(once, [.. Enumerable.Range(0, 6).Select(i => $"{i}")]), Averages.ClusteredStandardError(fourTimes, clusters), 12);
    }

    [Fact]
    public void One_score_has_no_error() => Assert.True(double.IsNaN(Averages.StandardError([1])));
}
