using Puna.Evaluation.Runs;
using Puna.Evaluation.Statistics;

namespace Puna.Evaluation.Reports;

/// <summary>Two runs held against each other, item by item.</summary>
/// <param name="First">Name of the first run.</param>
/// <param name="Second">Name of the second.</param>
/// <param name="Comparable">Whether data, recipe and decoding are the same, so that a difference is the models'.</param>
/// <param name="Differences">What the manifests do not have in common.</param>
/// <param name="Unpaired">Items that only one of them has.</param>
/// <param name="Metrics">Every metric over all items.</param>
/// <param name="Groups">The score of every group; empty where there are none.</param>
/// <param name="Flipped">Items whose score differs, by name, in order of the data.</param>
/// <param name="SmallestVisible">Difference in the score that so many items show in four of five cases; null where the two never disagree.</param>
public sealed record PairedComparison(
    string First, string Second, bool Comparable, IReadOnlyList<ManifestDifference> Differences, int Unpaired,
    IReadOnlyList<PairedMetric> Metrics, IReadOnlyList<PairedMetric> Groups, IReadOnlyList<string> Flipped, double? SmallestVisible)
{
    private const ulong Seed = 0;
    private static readonly string[] MustAgree = ["recipe.", "data.", "decoding."];

    /// <summary>Compares two runs.</summary>
    /// <exception cref="EvaluationException">They are of different recipes, or have no item in common.</exception>
    internal static PairedComparison Of(RunRecord first, RunRecord second)
    {
        if (first.Summary.Task != second.Summary.Task)
            throw new EvaluationException($"{first.Name} is a run of {first.Summary.Task} and {second.Name} one of {second.Summary.Task}. Compare runs of one recipe.");

        IReadOnlyList<ManifestDifference> differences = first.Manifest.DifferencesTo(second.Manifest);
        Dictionary<string, string> hashes = Hashes(second);
        HashSet<string> common = [.. Hashes(first).Where(item => hashes.TryGetValue(item.Key, out string? hash) && hash == item.Value).Select(item => item.Key)];
        if (common.Count == 0) throw new EvaluationException($"{first.Name} and {second.Name} have no question in common. Run both on the same data, with the same --limit and --seed.");

        string[] names = [.. first.Summary.Metrics.Select(metric => metric.Name).Intersect(second.Summary.Metrics.Select(metric => metric.Name))];
        PairedMetric[] metrics = Corrected([.. names.Select(name => Test(name, "", Pairs(first, second, name, common)))]);
        (ItemMark First, double Second)[] score = Pairs(first, second, first.ScoreName, common);
        IGrouping<string, (ItemMark First, double Second)>[] groups = [.. score.GroupBy(pair => pair.First.Group).OrderBy(group => group.Key, StringComparer.Ordinal)];
        PairedMetric[] byGroup = groups.Length < 2 ? [] : Corrected([.. groups.Select(group => Test(first.ScoreName, group.Key, [.. group]))]);
        string[] flipped = [.. score.Where(pair => pair.First.Value != pair.Second).Select(pair => pair.First.Id)];
        return new PairedComparison(
            first.Name, second.Name, !differences.Any(d => MustAgree.Any(part => d.Path.StartsWith(part, StringComparison.Ordinal))), differences,
            Hashes(first).Count + hashes.Count - 2 * common.Count, metrics, byGroup, flipped,
            flipped.Length == 0 ? null : Power.SmallestDifference(score.Length, (double)flipped.Length / score.Length));
    }

    private static Dictionary<string, string> Hashes(RunRecord run) => run.Results.GroupBy(result => result.Id).ToDictionary(item => item.Key, item => item.First().ItemHash, StringComparer.Ordinal);

    private static (ItemMark First, double Second)[] Pairs(RunRecord first, RunRecord second, string metric, HashSet<string> common)
    {
        Dictionary<string, double> other = second.Marks(metric).ToDictionary(mark => mark.Id, mark => mark.Value, StringComparer.Ordinal);
        return [.. first.Marks(metric).Where(mark => common.Contains(mark.Id)).Select(mark => (mark, other[mark.Id]))];
    }

    private static PairedMetric Test(string metric, string group, (ItemMark First, double Second)[] pairs)
    {
        double[][] differences = [.. pairs.GroupBy(pair => pair.First.Group).Select(g => g.Select(pair => pair.Second - pair.First.Value).ToArray())];
        Interval interval = Bootstrap.OfMean(differences, macro: false, Seed, replicates: 2000);
        bool binary = pairs.All(pair => pair.First.Value is 0 or 1 && pair.Second is 0 or 1);
        int onlyFirst = pairs.Count(pair => pair.First.Value == 1 && pair.Second == 0), onlySecond = pairs.Count(pair => pair.First.Value == 0 && pair.Second == 1);
        double p = binary ? PairedTests.McNemar(onlyFirst, onlySecond) : PairedTests.Permutation([.. differences.SelectMany(d => d)], Seed);
        return new PairedMetric(
            metric, group, pairs.Length, pairs.Average(pair => pair.First.Value), pairs.Average(pair => pair.Second), interval.Low, interval.High,
            binary ? onlyFirst : null, binary ? onlySecond : null, binary ? "McNemar, exact" : "paired permutation", p, p);
    }

    private static PairedMetric[] Corrected(PairedMetric[] tests)
    {
        double[] corrected = PairedTests.Holm([.. tests.Select(test => test.P)]);
        return [.. tests.Select((test, i) => test with { Corrected = corrected[i] })];
    }
}
