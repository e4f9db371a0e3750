using System.Globalization;
using Puna.Evaluation.Runs;
using Puna.Evaluation.Statistics;

namespace Puna.Evaluation.Reports;

/// <summary>The page of one run.</summary>
internal static class RunPage
{
    private const string Confidence = "confidence";

    public static string Html(RunRecord run)
    {
        RunSummary summary = run.Summary;
        MetricScore score = summary.Metrics[0];
        HtmlPage page = new HtmlPage($"{summary.Label} · {summary.Model}")
            .Element("h1", summary.Label)
            .Element("p", $"{summary.Model}. {summary.Items} items, {ScoreRows.Speed(run)}.", "soft");
        if (summary.Label.Contains("smoke", StringComparison.Ordinal)) page.Element("p", "These are a few invented items that only show that everything works. The score says nothing about the model.", "note bad");

        page.Element("h2", "Scores").Table(ScoreRows.Scores(summary));
        if (summary.Chance is { } chance) page.Element("p", $"Guessing earns {ScoreRows.Number(chance)}.", "soft");
        if (ScoreRows.Anchors(run) is { Count: > 0 } anchors)
            page.Element("h2", "Beside published scores").Table(anchors, 0, 5)
                .Element("p", "Reproduced: the published score lies in this run's interval widened by one point. Told only for all questions, the settings and the unquantized model it was published for.", "soft");

        page.Element("h2", "Answers").Table(ScoreRows.Counts(summary, run.Results.Count));
        double truncated = (double)summary.Truncated / Math.Max(1, run.Results.Count), unread = (double)summary.Unread / Math.Max(1, run.Results.Count);
        if (truncated > 0.01) page.Element("p", "More than 1 % of the answers ended for lack of room; each of them may be wrong for that alone.", "note bad");
        if (unread > 0.02) page.Element("p", "Nothing could be read from more than 2 % of the answers: look at them below before believing the score.", "note bad");

        if (Charts.IsGrid(score.Groups)) page.Element("h2", $"{score.Name} by group, in percent").Add(Charts.HeatMap(score.Groups)).Add(Trend(score));
        else if (score.Groups.Count > 1) page.Element("h2", $"{score.Name} by group").Add(Charts.Groups(score.Groups));

        Reliability(page, run);
        Lengths(page, run);
        page.Element("h2", "Items");
        ItemBrowser.Add(page, run);
        page.Element("h2", "What it was made from")
            .Add($"<details><summary>Manifest {HtmlPage.Escape(run.Manifest.Id[..16])}…</summary><div><pre>{HtmlPage.Escape(run.Manifest.ToJson())}</pre></div></details>")
            .Element("p", $"Repeat it: puna eval repeat {run.Name}", "soft");
        return page.ToString();
    }

    public static string Markdown(RunRecord run)
    {
        RunSummary summary = run.Summary;
        List<string> parts =
        [
            $"# {MarkdownTable.Escape(summary.Label)}",
            $"{MarkdownTable.Escape(summary.Model)}. {summary.Items} items, {ScoreRows.Speed(run)}. Manifest `{run.Manifest.Id}`.",
            MarkdownTable.Of(ScoreRows.Scores(summary)),
        ];
        if (summary.Chance is { } chance) parts.Add($"Guessing earns {ScoreRows.Number(chance)}.");
        if (ScoreRows.Anchors(run) is { Count: > 0 } anchors) parts.Add("## Beside published scores\n\n" + MarkdownTable.Of(anchors));
        parts.Add("## Answers\n\n" + MarkdownTable.Of(ScoreRows.Counts(summary, run.Results.Count)));
        if (summary.CalibrationError is { } error) parts.Add($"Expected calibration error: {ScoreRows.Number(error)}.");
        if (summary.Metrics[0].Groups is { Count: > 0 } groups)
        {
            parts.Add($"## {MarkdownTable.Escape(summary.Metrics[0].Name)} by group\n\n" + MarkdownTable.Of([
                ["group", "items", "score", "95 % interval"],
                .. groups.Select(group => (IReadOnlyList<string>)[group.Group, group.Items.ToString(CultureInfo.InvariantCulture), ScoreRows.Number(group.Mean), $"{ScoreRows.Number(group.Low)} to {ScoreRows.Number(group.High)}"]),
            ]));
        }

        return string.Join("\n\n", parts) + "\n";
    }

    private static string Trend(MetricScore score)
    {
        IEnumerable<string> columns = score.Groups.GroupBy(group => group.Group.Split(" | ")[1], StringComparer.Ordinal).OrderBy(column => Charts.Number(column.Key)).Select(column => $"{column.Key}: {ScoreRows.Number(column.Average(group => group.Mean))}");
        return $"<p class=\"soft\">Mean of each column: {HtmlPage.Escape(string.Join(", ", columns))}.</p>";
    }

    private static void Reliability(HtmlPage page, RunRecord run)
    {
        ItemResult[] sure = [.. run.Results.Where(result => result.Metrics.ContainsKey(Confidence) && result.Metrics.ContainsKey("acc"))];
        if (sure.Length == 0) return;

        Calibration calibration = Calibration.Of([.. sure.Select(result => Math.Clamp(result.Metrics[Confidence], 0, 1))], [.. sure.Select(result => result.Metrics["acc"] == 1)]);
        page.Element("h2", "Calibration").Add(Charts.Reliability(calibration))
            .Element("p", $"Expected calibration error {ScoreRows.Number(calibration.Error)}; a dot on the dashed line is a bin that is as often right as it is sure.", "soft")
            .Table([
                ["confidence from", "items", "mean confidence", "right"],
                .. calibration.Bins.Where(bin => bin.Count > 0).Select(bin => (IReadOnlyList<string>)[ScoreRows.Number(bin.Low), bin.Count.ToString(CultureInfo.InvariantCulture), ScoreRows.Number(bin.Confidence), ScoreRows.Number(bin.Accuracy)]),
            ]);
    }

    // Long answers that are wrong more often point at a limit that is too low, or at loops.
    private static void Lengths(HtmlPage page, RunRecord run)
    {
        ItemResult[] written = [.. run.Results.Where(result => result.CompletionTokens > 0).OrderBy(result => result.CompletionTokens)];
        if (written.Length < 20 || written[0].CompletionTokens == written[^1].CompletionTokens) return;

        page.Element("h2", "By length of the answer").Table([
            ["tokens written", "answers", run.ScoreName, "nothing could be read"],
            .. written.Chunk((written.Length + 9) / 10).Select(part => (IReadOnlyList<string>)[
                part[0].CompletionTokens == part[^1].CompletionTokens ? $"{part[0].CompletionTokens}" : $"{part[0].CompletionTokens} to {part[^1].CompletionTokens}",
                part.Length.ToString(CultureInfo.InvariantCulture),
                ScoreRows.Number(part.Average(result => result.Metrics.GetValueOrDefault(run.ScoreName))),
                ScoreRows.Number(part.Average(result => result.Prediction is null ? 1.0 : 0))]),
        ]);
    }
}
