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
}
