namespace Puna.Evaluation.Statistics;

/// <summary>A confidence interval, in the unit of what it is about (a share of 1 for accuracies).</summary>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
internal readonly record struct Interval(double Low, double High)
{
    public bool Contains(double value) => value >= Low && value <= High;

    /// <summary>The normal interval around a mean with a known standard error.</summary>
    public static Interval Around(double mean, double standardError) => new(mean - NormalDistribution.Z95 * standardError, mean + NormalDistribution.Z95 * standardError);

    /// <summary>
    /// Wilson's 95 % interval of a share: right at 0 and at all, where the normal one has no width.
    /// </summary>
    /// <param name="right">Items that count, 0 to <paramref name="n"/>.</param>
    /// <param name="n">Items.</param>
    public static Interval Wilson(double right, int n)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(n);
        if (!(right >= 0 && right <= n)) throw new ArgumentOutOfRangeException(nameof(right), right, $"Of {n} items 0 to {n} can be right.");

        const double z = NormalDistribution.Z95;
        double p = right / n, scale = 1 + z * z / n;
        double centre = (p + z * z / (2 * n)) / scale;
        double half = z * Math.Sqrt(p * (1 - p) / n + z * z / (4.0 * n * n)) / scale;
        return new Interval(right == 0 ? 0 : centre - half, right == n ? 1 : centre + half);
    }

    /// <summary>
    /// The interval of a mean of shares, each counting once, from their Wilson intervals: distances to either end are combined as
    /// the square root of their summed squares. Keeps a width where every share is 0 or 1, which resampling gives none.
    /// </summary>
    /// <remarks>Source: Zou and Donner, Construction of confidence limits about effect measures, 2008 (MOVER).</remarks>
    /// <param name="shares">Of each group, items that count, and items.</param>
    public static Interval OfMeanShare(IReadOnlyList<(double Right, int N)> shares)
    {
        double mean = 0, below = 0, above = 0;
        foreach ((double right, int n) in shares)
        {
            double share = right / n;
            Interval around = Wilson(right, n);
            mean += share;
            below += (share - around.Low) * (share - around.Low);
            above += (around.High - share) * (around.High - share);
        }

        return new Interval((mean - Math.Sqrt(below)) / shares.Count, (mean + Math.Sqrt(above)) / shares.Count);
    }
}
