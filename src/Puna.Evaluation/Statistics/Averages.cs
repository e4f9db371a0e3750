namespace Puna.Evaluation.Statistics;

/// <summary>
/// The two averages of a score that falls into groups, and their standard errors. Micro counts every item once; macro
/// counts every group once. Benchmarks are published under either name, and the two can lie points apart.
/// </summary>
internal static class Averages
{
    /// <summary>Mean over all items of all groups.</summary>
    public static double Micro(IReadOnlyList<double[]> groups) => groups.Sum(group => group.Sum()) / groups.Sum(group => group.Length);

    /// <summary>Mean of the groups' means. Groups without items have none and do not count.</summary>
    public static double Macro(IReadOnlyList<double[]> groups) => groups.Where(group => group.Length > 0).Average(group => group.Average());

    /// <summary>Standard error of a mean of independent scores: deviation with n - 1, over the root of n. NaN for fewer than two.</summary>
    public static double StandardError(ReadOnlySpan<double> scores)
    {
        if (scores.Length < 2) return double.NaN;
        double mean = Mean(scores), squares = 0;
        foreach (double score in scores) squares += (score - mean) * (score - mean);
        return Math.Sqrt(squares / (scores.Length - 1) / scores.Length);
    }

    /// <summary>
    /// Standard error of the mean where scores of one cluster (questions on one document, samples of one task) move together:
    /// the root of the sum over clusters of (sum of deviations)², over n.
    /// </summary>
    /// <param name="scores">Scores of the items, [n].</param>
    /// <param name="clusters">The cluster of each, [n].</param>
    public static double ClusteredStandardError(ReadOnlySpan<double> scores, ReadOnlySpan<string> clusters)
    {
        if (scores.Length != clusters.Length) throw new ArgumentException($"{scores.Length} scores and {clusters.Length} clusters: each score has one.", nameof(clusters));
        if (scores.Length == 0) return double.NaN;

        double mean = Mean(scores);
        Dictionary<string, double> deviations = new(StringComparer.Ordinal);
        for (int i = 0; i < scores.Length; i++) deviations[clusters[i]] = deviations.GetValueOrDefault(clusters[i]) + scores[i] - mean;
        return deviations.Count < 2 ? double.NaN : Math.Sqrt(deviations.Values.Sum(d => d * d)) / scores.Length;
    }

    /// <summary>Standard error of the macro average: the root of the sum of the groups' squared errors, over the number of groups.</summary>
    public static double MacroStandardError(IReadOnlyList<double[]> groups)
    {
        double[] errors = [.. groups.Where(group => group.Length > 0).Select(group => StandardError(group))];
        return Math.Sqrt(errors.Sum(error => error * error)) / errors.Length;
    }

    /// <summary>Standard error of the micro average as lm-evaluation-harness pools it over the groups.</summary>
    public static double PooledStandardError(IReadOnlyList<double[]> groups)
    {
        int n = groups.Sum(group => group.Length);
        double sum = 0;
        foreach (double[] group in groups)
        {
            double error = StandardError(group);
            sum += (group.Length - 1.0) * group.Length * error * error;
        }

        return Math.Sqrt(sum / (n - groups.Count) / n);
    }

    private static double Mean(ReadOnlySpan<double> scores)
    {
        double sum = 0;
        foreach (double score in scores) sum += score;
        return sum / scores.Length;
    }
}
