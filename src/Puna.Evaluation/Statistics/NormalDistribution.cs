namespace Puna.Evaluation.Statistics;

/// <summary>The standard normal distribution.</summary>
internal static class NormalDistribution
{
    /// <summary>Two-sided 95 %: what lies within this many standard errors.</summary>
    public const double Z95 = 1.959964;

    private const double Far = 8; // beyond it the tail is below 1e-15

    /// <summary>Share of the distribution below <paramref name="x"/>.</summary>
    public static double Below(double x)
    {
        if (x <= -Far) return 0;
        if (x >= Far) return 1;

        // Taylor series of the integral divided by the density: all terms have one sign, so nothing cancels.
        double term = x, sum = x;
        for (int k = 3; Math.Abs(term) > 1e-17 * Math.Abs(sum); k += 2)
        {
            term *= x * x / k;
            sum += term;
        }

        return 0.5 + sum * Math.Exp(-0.5 * x * x) / Math.Sqrt(2 * Math.PI);
    }

    /// <summary>The x that a share <paramref name="p"/> of the distribution lies below; 0 &lt; p &lt; 1.</summary>
    public static double Quantile(double p)
    {
        if (!(p > 0 && p < 1)) throw new ArgumentOutOfRangeException(nameof(p), p, "A quantile is asked for a share between 0 and 1.");

        double low = -Far, high = Far;
        while (high - low > 1e-12)
        {
            double middle = (low + high) / 2;
            if (Below(middle) < p) low = middle;
            else high = middle;
        }

        return (low + high) / 2;
    }
}
