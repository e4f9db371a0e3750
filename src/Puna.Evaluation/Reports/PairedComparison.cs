using Puna.Evaluation.Runs;
using Puna.Evaluation.Statistics;

namespace Puna.Evaluation.Reports;

/// <summary>Two runs held against each other, item by item.</summary>
/// <param name="First">Name of the first run.</param>
/// <param name="Second">Name of the second.</param>
/// <param name="Comparable">Whether data, recipe and decoding are the same, so that a difference is the models'.</param>
/// <param name="Differences">What the manifests do not have in common.</param>
/// <param name="Unpaired">Items that only one of them has, or that differ in content.</param>
/// <param name="Metrics">Every metric over all items.</param>
/// <param name="Groups">The score of every group; empty where there are none.</param>
/// <param name="Flipped">Items whose score differs, by name, in order of the data.</param>
/// <param name="SmallestVisible">Difference in the score that so many items show in four of five cases, at the level 0.05 before Holm's correction; null where the two never disagree.</param>
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
        (string Metric, (ItemMarks First, ItemMarks Second)[] Pairs)[] paired = [.. names.Select(name => (name, Pairs(first, second, name, common))).Where(metric => metric.Item2.Length > 0)];
        PairedMetric[] metrics = Corrected([.. paired.Select(metric => Test(metric.Metric, "", ItemMarks.ArePlain(first.PartsOf(metric.Metric)), metric.Pairs))]);
        (string name, (ItemMarks First, ItemMarks Second)[] score) = paired[0];
        IGrouping<string, (ItemMarks First, ItemMarks Second)>[] groups = [.. score.GroupBy(pair => pair.First.Group).OrderBy(group => group.Key, StringComparer.Ordinal)];
        PairedMetric[] byGroup = groups.Length < 2 ? [] : Corrected([.. groups.Select(group => Test(name, group.Key, ItemMarks.ArePlain(first.PartsOf(name)), [.. group]))]);
        string[] flipped = [.. score.Where(pair => !pair.First.Values.SequenceEqual(pair.Second.Values)).Select(pair => pair.First.Id)];

        // Of marks of 0 and 1 the mean square is the share of items that differ.
        double spread = ItemMarks.Differences(score).Average(difference => difference * difference);
        return new PairedComparison(
            first.Name, second.Name, !differences.Any(d => MustAgree.Any(part => d.Path.StartsWith(part, StringComparison.Ordinal))), differences,
            Hashes(first).Count + hashes.Count - 2 * common.Count, metrics, byGroup, flipped,
            spread == 0 ? null : Power.SmallestDifference(score.Length, spread));
    }

    private static Dictionary<string, string> Hashes(RunRecord run) => run.Results.GroupBy(result => result.Id).ToDictionary(item => item.Key, item => item.First().ItemHash, StringComparer.Ordinal);

    // An item without a mark in one of the runs, such as the Brier score of a question without an answer, tells nothing about the two.
    private static (ItemMarks First, ItemMarks Second)[] Pairs(RunRecord first, RunRecord second, string metric, HashSet<string> common)
    {
        Dictionary<string, ItemMarks> other = second.Marks(metric).ToDictionary(mark => mark.Id, StringComparer.Ordinal);
        return [.. first.Marks(metric).Where(mark => common.Contains(mark.Id) && other.ContainsKey(mark.Id)).Select(mark => (mark, other[mark.Id]))];
    }

    private static PairedMetric Test(string metric, string group, bool plain, (ItemMarks First, ItemMarks Second)[] pairs)
    {
        double[] all = ItemMarks.Differences(pairs);
        double[][] differences = [.. pairs.Index().GroupBy(pair => pair.Item.First.Group).Select(g => g.Select(pair => all[pair.Index]).ToArray())];
        Interval interval = Bootstrap.OfMean(differences, macro: false, Seed, replicates: 2000);
        bool binary = plain && pairs.All(pair => pair.First.Values[0] is 0 or 1 && pair.Second.Values[0] is 0 or 1);
        int onlyFirst = all.Count(difference => difference == -1), onlySecond = all.Count(difference => difference == 1);
        double p = binary ? PairedTests.McNemar(onlyFirst, onlySecond) : PairedTests.Permutation([.. differences.SelectMany(d => d)], Seed);
        return new PairedMetric(
            metric, group, pairs.Length, ItemMarks.Linear([.. pairs.Select(pair => pair.First)]).Average(), ItemMarks.Linear([.. pairs.Select(pair => pair.Second)]).Average(), interval.Low, interval.High,
            binary ? onlyFirst : null, binary ? onlySecond : null, binary ? "McNemar, exact" : "paired permutation", p, p);
    }

    private static PairedMetric[] Corrected(PairedMetric[] tests)
    {
        double[] corrected = PairedTests.Holm([.. tests.Select(test => test.P)]);
        return [.. tests.Select((test, i) => test with { Corrected = corrected[i] })];
    }
}
