using Puna.Evaluation.Tasks;

namespace Puna.Evaluation.Runs;

/// <summary>What goes into a score from one item: a value and a weight for each of the metric's parts. Repeats count as their mean.</summary>
internal sealed record ItemMarks(string Id, string Group, double[] Values, double[] Weights)
{
    /// <summary>Whether the marks are plain ones: of one part, in which items count alike.</summary>
    public static bool ArePlain(IReadOnlyList<MetricPart> parts) => parts is [{ Weight: null }];

    /// <summary>The marks of all items that have them, in the order of the results.</summary>
    public static IReadOnlyList<ItemMarks> Of(IReadOnlyList<MetricPart> parts, IReadOnlyList<ItemResult> results)
    {
        List<ItemMarks> marks = [];
        foreach (IGrouping<string, ItemResult> item in results.GroupBy(result => result.Id))
        {
            ItemResult[] marked = [.. item.Where(result => parts.All(part => result.Metrics.ContainsKey(part.Mark)))];
            if (marked.Length == 0) continue;
            marks.Add(new ItemMarks(
                item.Key, marked[0].Group,
                [.. parts.Select(part => marked.Average(result => result.Metrics[part.Mark]))],
                [.. parts.Select(part => part.Weight is null ? 1 : marked.Average(result => result.Metrics.GetValueOrDefault(part.Weight)))]));
        }

        return marks;
    }

    /// <summary>
    /// A number per item whose mean is the score, and whose spread is that of the score: value by value where items count alike,
    /// else the weighted mean plus the item's pull on it. So intervals and tests of plain means hold for weighted ones.
    /// </summary>
    public static double[] Linear(IReadOnlyList<ItemMarks> items)
    {
        double[] linear = new double[items.Count];
        for (int part = 0; part < items[0].Values.Length; part++)
        {
            double mean = Mean(items, part), weight = items.Average(item => item.Weights[part]);
            for (int i = 0; i < linear.Length; i++)
                linear[i] += (weight == 0 ? 0 : items[i].Weights[part] == weight ? items[i].Values[part] : mean + items[i].Weights[part] / weight * (items[i].Values[part] - mean)) / items[i].Values.Length;
        }

        return linear;
    }

    /// <summary>A number per item of both runs whose mean is the difference of their scores, 0 where the item's marks are the same.</summary>
    public static double[] Differences(IReadOnlyList<(ItemMarks First, ItemMarks Second)> pairs)
    {
        double[] differences = new double[pairs.Count];
        for (int part = 0; part < pairs[0].First.Values.Length; part++)
        {
            double weight = pairs.Average(pair => pair.First.Weights[part]);
            for (int i = 0; i < differences.Length; i++)
                differences[i] += weight == 0 ? 0 : pairs[i].First.Weights[part] / weight * (pairs[i].Second.Values[part] - pairs[i].First.Values[part]) / pairs[i].First.Values.Length;
        }

        return differences;
    }

    private static double Mean(IReadOnlyList<ItemMarks> items, int part)
    {
        double weights = items.Sum(item => item.Weights[part]);
        return weights == 0 ? 0 : items.Sum(item => item.Weights[part] * item.Values[part]) / weights;
    }
}
