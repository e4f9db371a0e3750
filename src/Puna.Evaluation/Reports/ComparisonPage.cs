namespace Puna.Evaluation.Reports;

/// <summary>The page of two or more runs, each held against the first.</summary>
internal static class ComparisonPage
{
    public static string Html(IReadOnlyList<RunRecord> runs, IReadOnlyList<PairedComparison> comparisons)
    {
        HtmlPage page = new HtmlPage($"{runs[0].Summary.Task}: {string.Join(" and ", runs.Select(run => run.Name))}")
            .Element("h1", runs[0].Summary.Task)
            .Element("p", string.Join("; ", runs.Select(run => $"{run.Name}: {run.Summary.Label} on {run.Summary.Model}")), "soft");
        foreach (PairedComparison comparison in comparisons)
        {
            page.Element("h2", $"{comparison.First} and {comparison.Second}").Element("p", ScoreRows.Conclusion(comparison), "note");
            if (Warning(comparison) is { } warning) page.Element("p", warning, "note bad");
            page.Table(ScoreRows.Paired(comparison.Metrics, comparison, groups: false));
            if (comparison.Groups.Count > 0) page.Add("<details><summary>By group</summary><div>").Table(ScoreRows.Paired(comparison.Groups, comparison, groups: true)).Add("</div></details>");
            string title = comparison.Differences.Count == 0 ? "The manifests are the same" : $"{comparison.Differences.Count} entries of the manifests differ";
            page.Add($"<details><summary>{title}</summary><div>").Table(ScoreRows.Differences(comparison.Differences, comparison), 1, 2).Add("</div></details>");
        }

        page.Element("h2", $"Items of {runs[0].Name} and {runs[1].Name}");
        ItemBrowser.Add(page, runs[0], runs[1], comparisons[0].Flipped as IReadOnlyCollection<string> ?? []);
        return page.ToString();
    }

    public static string Markdown(IReadOnlyList<RunRecord> runs, IReadOnlyList<PairedComparison> comparisons)
    {
        List<string> parts = [$"# {MarkdownTable.Escape(runs[0].Summary.Task)}", string.Join("\n", runs.Select(run => $"- {MarkdownTable.Escape($"{run.Name}: {run.Summary.Label} on {run.Summary.Model}")}"))];
        foreach (PairedComparison comparison in comparisons)
        {
            parts.Add($"## {MarkdownTable.Escape($"{comparison.First} and {comparison.Second}")}\n\n{MarkdownTable.Escape(ScoreRows.Conclusion(comparison))}");
            if (Warning(comparison) is { } warning) parts.Add(MarkdownTable.Escape(warning));
            parts.Add(MarkdownTable.Of(ScoreRows.Paired(comparison.Metrics, comparison, groups: false)));
            if (comparison.Groups.Count > 0) parts.Add(MarkdownTable.Of(ScoreRows.Paired(comparison.Groups, comparison, groups: true)));
            if (comparison.Differences.Count > 0) parts.Add("What the manifests do not have in common:\n\n" + MarkdownTable.Of(ScoreRows.Differences(comparison.Differences, comparison)));
        }

        return string.Join("\n\n", parts) + "\n";
    }

    private static string? Warning(PairedComparison comparison)
    {
        string? other = comparison.Comparable ? null : "Recipe, data or decoding are not the same, so the difference is not the models' alone.";
        string? unpaired = comparison.Unpaired == 0 ? null : $"{comparison.Unpaired} items are in one run only and were left out.";
        return other is null ? unpaired : unpaired is null ? other : $"{other} {unpaired}";
    }
}
