using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Puna.Evaluation.Runs;

namespace Puna.Evaluation.Reports;

/// <summary>The rows of the tables that pages and Markdown share; the first row is the head.</summary>
internal static class ScoreRows
{
    public static IReadOnlyList<IReadOnlyList<string>> Scores(RunSummary summary)
    {
        bool grouped = summary.Metrics.Any(metric => metric.Groups.Count > 0);
        List<IReadOnlyList<string>> rows = [grouped ? ["metric", "micro (over items)", "95 % interval", "macro (over groups)", "95 % interval"] : ["metric", "mean", "95 % interval"]];
        foreach (MetricScore metric in summary.Metrics)
        {
            string[] row = [metric.Name, Value(metric.Name, metric.Micro), Interval(metric.Name, metric.MicroLow, metric.MicroHigh)];
            rows.Add(grouped ? [.. row, Value(metric.Name, metric.Macro), Interval(metric.Name, metric.MacroLow, metric.MacroHigh)] : row);
        }

        return rows;
    }

    /// <summary>What the answers were like, apart from right and wrong.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Counts(RunSummary summary, int answers) =>
    [
        ["answers", "count", "share"],
        Count("nothing could be read", summary.Unread, answers),
        Count("ended for lack of room", summary.Truncated, answers),
        Count("prompt was cut", summary.PromptsCut, answers),
        Count("error, counted as wrong", summary.Errors, answers),
    ];

    /// <summary>Published scores of the recipe; empty where there are none.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Anchors(RunRecord run)
    {
        List<IReadOnlyList<string>> rows = [["published for", "score", "this run", "difference", "reproduced", "settings"]];
        foreach (PublishedAnchor anchor in PublishedAnchor.Of(run.Summary.Task))
        {
            if (run.Summary.Metrics.FirstOrDefault(metric => metric.Name == anchor.Metric) is not { } metric) continue;
            double score = anchor.Macro ? metric.Macro : metric.Micro;
            rows.Add([anchor.Model, Number(anchor.Score), Number(score), Difference(anchor.Metric, score - anchor.Score), Verdict(run, anchor, metric), anchor.Source]);
        }

        return rows.Count == 1 ? [] : rows;
    }

    public static IReadOnlyList<IReadOnlyList<string>> Paired(IReadOnlyList<PairedMetric> metrics, PairedComparison runs, bool groups)
    {
        List<IReadOnlyList<string>> rows = [[groups ? "group" : "metric", "items", runs.First, runs.Second, "difference", "95 % interval", "only first : only second", "p", "p (Holm)", "test"]];
        foreach (PairedMetric metric in metrics)
        {
            rows.Add([
                groups ? metric.Group : metric.Metric, metric.Items.ToString(CultureInfo.InvariantCulture), Value(metric.Metric, metric.First), Value(metric.Metric, metric.Second), Difference(metric.Metric, metric.Difference),
                $"{Difference(metric.Metric, metric.Low)} to {Difference(metric.Metric, metric.High)}", metric.OnlyFirst is null ? "" : $"{metric.OnlyFirst} : {metric.OnlySecond}", P(metric.P), P(metric.Corrected), metric.Test,
            ]);
        }

        return rows;
    }

    public static IReadOnlyList<IReadOnlyList<string>> Differences(IReadOnlyList<ManifestDifference> differences, PairedComparison runs) =>
        [["entry", runs.First, runs.Second], .. differences.Select(difference => (IReadOnlyList<string>)[difference.Path, difference.Was, difference.Now])];

    /// <summary>One line that says what may be concluded.</summary>
    public static string Conclusion(PairedComparison comparison)
    {
        PairedMetric score = comparison.Metrics[0];
        string limit = comparison.SmallestVisible is { } smallest
            ? string.Create(CultureInfo.InvariantCulture, $" {score.Items} items of which the two disagree on {comparison.Flipped.Count} show differences from about {(IsShare(score.Metric) ? $"{smallest * 100:F1} points" : $"{smallest:F3}")} on, four times of five at p = 0.05 without correction.")
            : " The two agree on every item.";
        return score.Corrected < 0.05
            ? $"{(score.Difference > 0 ? comparison.Second : comparison.First)} is better in {score.Metric} by {Difference(score.Metric, Math.Abs(score.Difference)).TrimStart('+')}{(IsShare(score.Metric) ? " points" : "")} ({score.Test}, p = {P(score.Corrected)} after Holm's correction).{limit}"
            : $"No difference in {score.Metric} is shown (p = {P(score.Corrected)} after Holm's correction).{limit}";
    }

    public static string Speed(RunRecord run)
    {
        JsonObject execution = run.Manifest.Execution;
        double seconds = execution["seconds"] is JsonValue value && value.GetValueKind() == JsonValueKind.Number ? value.GetValue<double>() : 0;
        bool timed = execution["timed_answers"] is not JsonValue count || count.GetValue<int>() == run.Results.Count; // a start that was killed took its time along
        string time = seconds > 0 && timed
            ? string.Create(CultureInfo.InvariantCulture, $"; {seconds:F1} s, {run.Summary.PromptTokens / seconds:F0} prompt and {run.Summary.CompletionTokens / seconds:F1} written tokens a second")
            : "";
        return string.Create(CultureInfo.InvariantCulture, $"{run.Summary.PromptTokens} prompt tokens, {run.Summary.CompletionTokens} written{time}");
    }

    /// <summary>A share of 1 in percent.</summary>
    public static string Number(double value) => (value * 100).ToString("F1", CultureInfo.InvariantCulture) + " %";

    // Everything but these is a share.
    private static bool IsShare(string metric) => metric is not ("brier" or "nll" or "made_up");

    private static string Value(string metric, double value) => IsShare(metric) ? Number(value) : value.ToString("F3", CultureInfo.InvariantCulture);

    private static string Interval(string metric, double low, double high) => $"{Value(metric, low)} to {Value(metric, high)}";

    private static string Difference(string metric, double value) => IsShare(metric) ? (value * 100).ToString("+0.0;−0.0;0.0", CultureInfo.InvariantCulture) : value.ToString("+0.000;−0.000;0.000", CultureInfo.InvariantCulture);

    private static string P(double p) => p < 0.001 ? "< 0.001" : p.ToString("F3", CultureInfo.InvariantCulture);

    private static IReadOnlyList<string> Count(string what, int count, int answers) =>
        [what, count.ToString(CultureInfo.InvariantCulture), answers == 0 ? "" : (100.0 * count / answers).ToString("F1", CultureInfo.InvariantCulture) + " %"];

    // Within the run's own interval, widened by a point for the noise of engines; only for the model, the questions and the settings it was published for.
    private static string Verdict(RunRecord run, PublishedAnchor anchor, MetricScore metric)
    {
        bool sameModel = run.Summary.Model.Contains(anchor.Model.Split(' ')[^1], StringComparison.OrdinalIgnoreCase);
        if (!sameModel || !IsUnquantized(run) || run.Summary.Label != run.Summary.Task || run.Summary.Items != anchor.Items) return "–";
        (double low, double high) = anchor.Macro ? (metric.MacroLow, metric.MacroHigh) : (metric.MicroLow, metric.MicroHigh);
        return anchor.Score >= low - 0.01 && anchor.Score <= high + 0.01 ? "yes" : "no";
    }

    // Scores were published of weights in bfloat16. An endpoint does not tell what it runs, so of it nothing is said.
    private static bool IsUnquantized(RunRecord run) =>
        run.Manifest.Identity["model"]?["quantization"] is JsonObject types && types.All(type => type.Value?.ToString() is "F32" or "F16" or "BF16");
}
