namespace Puna.Evaluation.Reports;

/// <summary>A metric of two runs on the same items.</summary>
/// <param name="Metric">The metric.</param>
/// <param name="Group">The group, "" for all items.</param>
/// <param name="Items">Items that both have.</param>
/// <param name="First">Mean of the first run.</param>
/// <param name="Second">Mean of the second.</param>
/// <param name="Low">Lower end of the 95 % interval of second minus first, bootstrapped over items within the groups.</param>
/// <param name="High">Upper end.</param>
/// <param name="OnlyFirst">Items that only the first got right; null where marks are not 0 or 1.</param>
/// <param name="OnlySecond">Items that only the second got right.</param>
/// <param name="Test">The test: McNemar's, exact, for marks of 0 and 1; a paired permutation test else.</param>
/// <param name="P">Its p-value.</param>
/// <param name="Corrected">The p-value after Holm's correction over the tests shown together.</param>
public sealed record PairedMetric(
    string Metric, string Group, int Items, double First, double Second, double Low, double High, int? OnlyFirst, int? OnlySecond, string Test, double P, double Corrected)
{
    /// <summary>Second minus first.</summary>
    public double Difference => Second - First;
}
