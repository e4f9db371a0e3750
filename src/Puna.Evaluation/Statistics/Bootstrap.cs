namespace Puna.Evaluation.Statistics;

/// <summary>
/// Percentile intervals from resampling. The groups keep their sizes (stratified), so that a macro average keeps its groups;
/// where items move together, whole clusters are drawn.
/// </summary>
internal static class Bootstrap
{
    /// <summary>Resamples that a published interval uses.</summary>
    public const int Replicates = 10_000;

    /// <summary>What is drawn as one: an item, or all items of a cluster.</summary>
    /// <param name="Sum">Sum of its scores.</param>
    /// <param name="Count">Number of its scores.</param>
    internal readonly record struct Unit(double Sum, int Count);

    /// <summary>The 95 % interval of the mean of independent scores in groups.</summary>
    /// <param name="groups">Scores of each group; a single group where there are none.</param>
    /// <param name="macro">Whether every group counts once, instead of every item.</param>
    /// <param name="seed">Seed of the draws, part of the result's manifest.</param>
    /// <param name="replicates">Number of resamples.</param>
    public static Interval OfMean(IReadOnlyList<double[]> groups, bool macro, ulong seed, int replicates = Replicates) =>
        OfUnits([.. groups.Select(group => group.Select(score => new Unit(score, 1)).ToArray())], macro, seed, replicates);

    /// <summary>As <see cref="OfMean"/>, drawing whole units.</summary>
    public static Interval OfUnits(IReadOnlyList<Unit[]> groups, bool macro, ulong seed, int replicates = Replicates)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(replicates);
        Unit[][] drawn = [.. groups.Where(group => group.Length > 0)];
        if (drawn.Length == 0) throw new ArgumentException("There is no score to resample.", nameof(groups));

        SplitMix64 random = new(seed);
        double[] means = new double[replicates];
        for (int r = 0; r < replicates; r++)
        {
            double sum = 0, count = 0, ofMeans = 0;
            foreach (Unit[] group in drawn)
            {
                double groupSum = 0;
                int groupCount = 0;
                for (int i = 0; i < group.Length; i++)
                {
                    Unit unit = group[random.Next(group.Length)];
                    groupSum += unit.Sum;
                    groupCount += unit.Count;
                }

                sum += groupSum;
                count += groupCount;
                ofMeans += groupSum / groupCount;
            }

            means[r] = macro ? ofMeans / drawn.Length : sum / count;
        }

        Array.Sort(means);
        return new Interval(Percentile(means, 0.025), Percentile(means, 0.975));
    }

    /// <summary>The units of scores that belong to clusters, in order of first appearance.</summary>
    public static Unit[] Clusters(ReadOnlySpan<double> scores, ReadOnlySpan<string> clusters)
    {
        if (scores.Length != clusters.Length) throw new ArgumentException($"{scores.Length} scores and {clusters.Length} clusters: each score has one.", nameof(clusters));
        OrderedDictionary<string, Unit> units = new(StringComparer.Ordinal);
        for (int i = 0; i < scores.Length; i++)
        {
            Unit before = units.TryGetValue(clusters[i], out Unit found) ? found : default;
            units[clusters[i]] = new Unit(before.Sum + scores[i], before.Count + 1);
        }

        return [.. units.Values];
    }

    /// <summary>The value below which a share of sorted values lies, between neighbours by distance.</summary>
    internal static double Percentile(ReadOnlySpan<double> sorted, double share)
    {
        double place = share * (sorted.Length - 1);
        int below = (int)place;
        return below + 1 < sorted.Length ? sorted[below] + (place - below) * (sorted[below + 1] - sorted[below]) : sorted[below];
    }
}
