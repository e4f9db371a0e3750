namespace Puna.Safety.Evaluation;

/// <summary>A text that was scored.</summary>
/// <param name="Score">What the detector said; more means more surely positive.</param>
/// <param name="Positive">What is true.</param>
/// <param name="Category">Category of the text, or null.</param>
public readonly record struct ScoredExample(double Score, bool Positive, string? Category = null);

/// <summary>A point of the ROC and of the precision-recall curve.</summary>
/// <param name="Threshold">Scores of at least this count as detections.</param>
/// <param name="TruePositives">Positives at or above the threshold.</param>
/// <param name="FalsePositives">Negatives at or above it.</param>
public readonly record struct DetectionPoint(double Threshold, int TruePositives, int FalsePositives);

/// <summary>How well scores tell positive texts from negative ones.</summary>
public sealed class DetectionReport
{
    private const int Resamples = 1000;
    private const int Seed = 20_261_124;

    private DetectionReport(IReadOnlyList<DetectionPoint> points, int positives, int negatives)
    {
        Points = points;
        Positives = positives;
        Negatives = negatives;
    }

    /// <summary>Points by falling threshold, one for each score that occurs.</summary>
    public IReadOnlyList<DetectionPoint> Points { get; }

    public int Positives { get; }

    public int Negatives { get; }

    /// <summary>Area under the ROC curve: the chance that a positive scores above a negative, ties counting half.</summary>
    public double Auc { get; private init; }

    /// <summary>Bounds of the 95 % interval of <see cref="Auc"/>, from 1000 bootstrap samples of both classes.</summary>
    public (double Low, double High) AucInterval { get; private init; }

    /// <summary>Area under the precision-recall curve as average precision: precision weighted by the recall it adds.</summary>
    public double AveragePrecision { get; private init; }

    /// <summary>Measures scores.</summary>
    /// <exception cref="ArgumentException">One of the classes is empty, or a score is no number.</exception>
    public static DetectionReport Of(IReadOnlyCollection<ScoredExample> examples)
    {
        if (examples.Any(e => double.IsNaN(e.Score))) throw new ArgumentException("A score is no number.");
        int positives = examples.Count(e => e.Positive), negatives = examples.Count - positives;
        if (positives == 0 || negatives == 0) throw new ArgumentException($"There are {positives} positive and {negatives} negative examples; both are needed to tell them apart.");

        // Classes by score, rising: (positives, negatives) of each score that occurs.
        (double Score, int Positives, int Negatives)[] groups =
            [.. examples.GroupBy(e => e.Score).OrderBy(g => g.Key).Select(g => (g.Key, g.Count(e => e.Positive), g.Count(e => !e.Positive)))];
        List<DetectionPoint> points = new(groups.Length);
        int truePositives = 0, falsePositives = 0;
        double precision = 0;
        for (int i = groups.Length - 1; i >= 0; i--)
        {
            truePositives += groups[i].Positives;
            falsePositives += groups[i].Negatives;
            precision += groups[i].Positives * ((double)truePositives / (truePositives + falsePositives));
            points.Add(new DetectionPoint(groups[i].Score, truePositives, falsePositives));
        }

        return new DetectionReport(points, positives, negatives)
        {
            Auc = Area([.. groups.Select(g => g.Positives)], [.. groups.Select(g => g.Negatives)]),
            AveragePrecision = precision / positives,
            AucInterval = Interval(groups),
        };
    }

    /// <summary>The highest recall whose rate of false positives is at most <paramref name="rate"/>, and its threshold.</summary>
    /// <returns>Recall 0 and an infinite threshold when even the highest score is a negative's too often.</returns>
    public (double Recall, double Threshold) RecallAtFalsePositives(double rate)
    {
        (double, double) best = (0, double.PositiveInfinity);
        foreach (DetectionPoint point in Points)
        {
            if (point.FalsePositives > rate * Negatives) break;
            best = ((double)point.TruePositives / Positives, point.Threshold);
        }

        return best;
    }

    /// <summary>Positives and negatives at or above a threshold.</summary>
    public DetectionPoint At(double threshold)
    {
        DetectionPoint found = new(threshold, 0, 0);
        foreach (DetectionPoint point in Points.TakeWhile(p => p.Threshold >= threshold)) found = point with { Threshold = threshold };
        return found;
    }

    private static double Area(ReadOnlySpan<int> positives, ReadOnlySpan<int> negatives)
    {
        double wins = 0, all = 0;
        long below = 0;
        for (int i = 0; i < positives.Length; i++)
        {
            wins += positives[i] * (below + (negatives[i] / 2.0));
            below += negatives[i];
            all += positives[i];
        }

        return wins / (all * below);
    }

    /// <summary>Percentiles of the area over samples drawn with replacement, within each class.</summary>
    private static (double Low, double High) Interval((double Score, int Positives, int Negatives)[] groups)
    {
        int[] positives = Owners(groups, g => g.Positives), negatives = Owners(groups, g => g.Negatives);
        int[] drawnPositives = new int[groups.Length], drawnNegatives = new int[groups.Length];
        Random random = new(Seed);
        double[] areas = new double[Resamples];
        for (int sample = 0; sample < Resamples; sample++)
        {
            Draw(positives, drawnPositives, random);
            Draw(negatives, drawnNegatives, random);
            areas[sample] = Area(drawnPositives, drawnNegatives);
        }

        Array.Sort(areas);
        return (areas[(int)(Resamples * 0.025)], areas[(int)(Resamples * 0.975) - 1]);
    }

    /// <summary>Group of every example of a class.</summary>
    private static int[] Owners((double Score, int Positives, int Negatives)[] groups, Func<(double Score, int Positives, int Negatives), int> count) =>
        [.. groups.SelectMany((g, i) => Enumerable.Repeat(i, count(g)))];

    private static void Draw(int[] owners, int[] counts, Random random)
    {
        Array.Clear(counts);
        for (int i = 0; i < owners.Length; i++) counts[owners[random.Next(owners.Length)]]++;
    }
}
