namespace Puna.Evaluation.Statistics;

/// <summary>How many items a paired comparison of two models needs, before the time for it is spent.</summary>
internal static class Power
{
    /// <summary>Items that show a difference in accuracy.</summary>
    /// <param name="difference">The difference to be seen, as a share (0.01 is a point).</param>
    /// <param name="discordance">Share of the items that just one of the models gets right; a tenth is usual for two quantizations.</param>
    /// <param name="level">Chance of seeing a difference where there is none (two-sided).</param>
    /// <param name="power">Chance of seeing the difference where there is one.</param>
    public static int ItemsToSee(double difference, double discordance, double level = 0.05, double power = 0.8)
    {
        if (!(difference > 0 && difference <= 1)) throw new ArgumentOutOfRangeException(nameof(difference), difference, "A difference of shares is above 0 and at most 1.");
        if (!(discordance >= difference && discordance <= 1))
            throw new ArgumentOutOfRangeException(nameof(discordance), discordance, $"Models that differ by {difference} disagree on at least that share of the items, and at most on all.");

        double z = NormalDistribution.Quantile(1 - level / 2) + NormalDistribution.Quantile(power);
        return (int)Math.Ceiling(z * z * discordance / (difference * difference));
    }

    /// <summary>The smallest difference that so many items show, as a share.</summary>
    public static double SmallestDifference(int items, double discordance, double level = 0.05, double power = 0.8)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(items);
        double z = NormalDistribution.Quantile(1 - level / 2) + NormalDistribution.Quantile(power);
        return z * Math.Sqrt(discordance / items);
    }
}
