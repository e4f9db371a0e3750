namespace Puna.Compare;

/// <summary>The middle of samples.</summary>
internal static class Medians
{
    /// <summary>The median; 0 of none.</summary>
    public static double Of(IEnumerable<double> samples)
    {
        double[] sorted = [.. samples.Order()];
        int middle = sorted.Length / 2;
        if (sorted.Length == 0) return 0;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
