using Puna.Engine.Sampling;

namespace Puna.Tests.Engine.Sampling;

/// <summary>
/// The chain in its plainest form: sort everything, float64, one filter after the other. It also says when a decision was closer than
/// the rounding of float32 weights, so that a test can leave out the rows on which both answers are right.
/// </summary>
internal sealed class SamplingOracle
{
    // Weights in float32 are off by 2 units (2.4e-7); sums and the logit scale (up to 30 here, times 2^-24) add less than that.
    private const double Margin = 5e-6;

    public sealed record Entry(int Id, double Logit, double P);

    public bool IsClose { get; private set; }

    public List<Entry> Kept { get; private set; } = [];

    public static SamplingOracle Filter(ReadOnlySpan<float> logits, SamplingOptions o)
    {
        SamplingOracle oracle = new();
        List<Entry> all = [];
        for (int id = 0; id < logits.Length; id++)
        {
            if (!float.IsNegativeInfinity(logits[id])) all.Add(new Entry(id, logits[id], 0));
        }

        oracle.Kept = Softmax(all, 1);
        if (o.TopK > 0) oracle.Take(Math.Min(o.TopK, oracle.Kept.Count));
        if (o.TypicalP < 1) oracle.Typical(o.TypicalP, o.MinKeep);
        if (o.TopP < 1) oracle.Take(oracle.Crossing(oracle.Kept, o.TopP, o.MinKeep));
        if (o.MinP > 0) oracle.Take(Math.Max(oracle.CountFrom(o.MinP * oracle.Kept[0].P), Math.Min(o.MinKeep, oracle.Kept.Count)));
        return oracle;
    }

    public void Xtc(SamplingOptions o)
    {
        int top = CountFrom(o.XtcThreshold);
        if (top > 1 && Kept.Count - (top - 1) >= o.MinKeep) Kept = Softmax(Kept.Skip(top - 1), 1);
    }

    /// <summary>The token at u of the cumulative distribution.</summary>
    public int Draw(double u, double temperature)
    {
        List<Entry> drawn = Softmax(Kept, temperature);
        double sum = 0;
        foreach (Entry entry in drawn)
        {
            sum += entry.P;
            IsClose |= Math.Abs(sum - u) < Margin;
            if (sum > u) return entry.Id;
        }

        return drawn[^1].Id;
    }

    private void Take(int count) => Kept = Softmax(Kept.Take(count), 1);

    private int CountFrom(double least)
    {
        IsClose |= Kept.Any(e => Math.Abs(e.P - least) < Margin * least && e.P != least);
        return Kept.Count(e => e.P >= least);
    }

    private int Crossing(List<Entry> ranked, double target, int minCount)
    {
        double sum = 0;
        int count = 0;
        while (count < ranked.Count && (sum < target || count < minCount))
        {
            sum += ranked[count++].P;
            IsClose |= Math.Abs(sum - target) < Margin;
        }

        return Math.Max(count, Math.Min(1, ranked.Count));
    }

    private void Typical(double mass, int minKeep)
    {
        double entropy = -Kept.Sum(e => e.P > 0 ? e.P * Math.Log(e.P) : 0);
        double max = Kept[0].Logit, z = Kept.Sum(e => Math.Exp(e.Logit - max));
        double Shift(Entry e) => Math.Abs(Math.Log(z) - (e.Logit - max) - entropy);
        List<Entry> ranked = [.. Kept.OrderBy(Shift).ThenBy(e => e.Id)];
        int count = Crossing(ranked, mass, minKeep);

        // The last one in and the first one out can be as near in float32.
        IsClose |= count < ranked.Count && Math.Abs(Shift(ranked[count - 1]) - Shift(ranked[count])) < 1e-4 && ranked[count - 1].Logit != ranked[count].Logit;
        Kept = Softmax(ranked.Take(count), 1);
    }

    private static List<Entry> Softmax(IEnumerable<Entry> entries, double temperature)
    {
        List<Entry> sorted = [.. entries.OrderByDescending(e => e.Logit).ThenBy(e => e.Id)];
        double max = sorted[0].Logit, sum = sorted.Sum(e => Math.Exp((e.Logit - max) / temperature));
        return [.. sorted.Select(e => e with { P = Math.Exp((e.Logit - max) / temperature) / sum })];
    }
}
