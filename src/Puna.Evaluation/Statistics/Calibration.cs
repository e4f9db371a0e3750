namespace Puna.Evaluation.Statistics;

/// <summary>Whether a model that says 80 % is right 8 times of 10: the bins of a reliability diagram and what sums them up.</summary>
internal sealed class Calibration
{
    /// <summary>Bins of equal width between 0 and 1.</summary>
    public const int BinCount = 10;

    private Calibration(Bin[] bins, int count) => (Bins, Count) = (bins, count);

    /// <summary>A bin of the reliability diagram.</summary>
    /// <param name="Low">Its lower edge, part of the bin; the upper edge belongs to the next one, and 1 to the last.</param>
    /// <param name="Count">Items in it.</param>
    /// <param name="Confidence">Mean confidence of the items, 0 without any.</param>
    /// <param name="Accuracy">Share of the items that are right, 0 without any.</param>
    internal readonly record struct Bin(double Low, int Count, double Confidence, double Accuracy);

    public IReadOnlyList<Bin> Bins { get; }

    /// <summary>Items in all bins.</summary>
    public int Count { get; }

    /// <summary>Expected calibration error: mean distance of confidence and accuracy over the items.</summary>
    public double Error => Count == 0 ? double.NaN : Bins.Sum(bin => bin.Count * Math.Abs(bin.Confidence - bin.Accuracy)) / Count;

    /// <summary>Sorts items into bins.</summary>
    /// <param name="confidences">Probability that the model gave its answer, 0 to 1, [n].</param>
    /// <param name="right">Whether the answer was right, [n].</param>
    public static Calibration Of(ReadOnlySpan<double> confidences, ReadOnlySpan<bool> right)
    {
        if (confidences.Length != right.Length) throw new ArgumentException($"{confidences.Length} confidences and {right.Length} answers: each answer has one.", nameof(right));

        int[] counts = new int[BinCount], hits = new int[BinCount];
        double[] sums = new double[BinCount];
        for (int i = 0; i < confidences.Length; i++)
        {
            if (!(confidences[i] >= 0 && confidences[i] <= 1)) throw new ArgumentOutOfRangeException(nameof(confidences), confidences[i], $"The confidence of item {i} is no probability.");
            int bin = Math.Min((int)(confidences[i] * BinCount), BinCount - 1);
            counts[bin]++;
            sums[bin] += confidences[i];
            if (right[i]) hits[bin]++;
        }

        Bin[] bins = [.. Enumerable.Range(0, BinCount).Select(b =>
            new Bin((double)b / BinCount, counts[b], counts[b] == 0 ? 0 : sums[b] / counts[b], counts[b] == 0 ? 0 : (double)hits[b] / counts[b]))];
        return new Calibration(bins, confidences.Length);
    }
}
