using System.Text.Json;
using Puna.Evaluation.Runs;

namespace Puna.Evaluation.Reports;

/// <summary>
/// Reports of finished runs: one page that needs nothing but itself, the same as Markdown, and the numbers as JSON. They are made
/// from the stored results alone, so they can be made again at any time.
/// </summary>
public static class EvaluationReport
{
    private static readonly ReportJson Json = new(new JsonSerializerOptions(ReportJson.Default.Options) { WriteIndented = true });

    /// <summary>The page of one run.</summary>
    /// <exception cref="EvaluationException">The folder holds no finished run.</exception>
    public static string Html(string folder) => RunPage.Html(RunRecord.Read(folder));

    /// <summary>The page of two or more runs of one recipe, each held against the first.</summary>
    /// <exception cref="EvaluationException">A folder holds no finished run, or the runs cannot be compared.</exception>
    public static string CompareHtml(IReadOnlyList<string> folders)
    {
        (IReadOnlyList<RunRecord> runs, IReadOnlyList<PairedComparison> comparisons) = Compared(folders);
        return ComparisonPage.Html(runs, comparisons);
    }

    /// <summary>Writes <c>report.html</c>, <c>report.md</c> and <c>report.json</c>.</summary>
    /// <param name="folder">Folder of the run.</param>
    /// <param name="target">Folder to write to.</param>
    /// <returns>The files.</returns>
    /// <exception cref="EvaluationException">The folder holds no finished run.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static IReadOnlyList<string> Write(string folder, string target)
    {
        RunRecord run = RunRecord.Read(folder);
        return Write(target, "report", RunPage.Html(run), RunPage.Markdown(run), JsonSerializer.Serialize(run.Summary, Json.RunSummary));
    }

    /// <summary>Compares runs and writes <c>comparison.html</c>, <c>comparison.md</c> and <c>comparison.json</c>.</summary>
    /// <param name="folders">Folders of two or more runs of one recipe.</param>
    /// <param name="target">Folder to write to; null to write nothing.</param>
    /// <returns>The comparisons with the first run, and the files.</returns>
    /// <exception cref="EvaluationException">A folder holds no finished run, or the runs cannot be compared.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static (IReadOnlyList<PairedComparison> Comparisons, IReadOnlyList<string> Files) Compare(IReadOnlyList<string> folders, string? target)
    {
        (IReadOnlyList<RunRecord> runs, IReadOnlyList<PairedComparison> comparisons) = Compared(folders);
        IReadOnlyList<string> files = target is null ? [] : Write(target, "comparison", ComparisonPage.Html(runs, comparisons), ComparisonPage.Markdown(runs, comparisons), ToJson(comparisons));
        return (comparisons, files);
    }

    /// <summary>What a comparison comes to, in one sentence or two.</summary>
    public static string Conclusion(PairedComparison comparison) => ScoreRows.Conclusion(comparison);

    /// <summary>Comparisons as JSON.</summary>
    public static string ToJson(IReadOnlyList<PairedComparison> comparisons) => JsonSerializer.Serialize(comparisons, Json.IReadOnlyListPairedComparison);

    /// <summary>A page that leads to the runs of a folder.</summary>
    /// <param name="folder">The folder; runs are its direct subfolders.</param>
    /// <param name="link">The address of a run, by its folder's name.</param>
    /// <param name="compare">The address of a comparison, by two names.</param>
    public static string Index(string folder, Func<string, string> link, Func<string, string, string> compare)
    {
        HtmlPage page = new HtmlPage("Evaluation results").Element("h1", "Evaluation results").Element("p", Path.GetFullPath(folder), "soft");
        List<RunRecordSummary> runs = [.. Runs(folder)];
        if (runs.Count == 0) return page.Element("p", "There is no finished run here. puna eval run RECIPE --out FOLDER makes one.", "note").ToString();

        foreach (IGrouping<string, RunRecordSummary> recipe in runs.GroupBy(run => run.Summary.Task, StringComparer.Ordinal).OrderBy(recipe => recipe.Key, StringComparer.Ordinal))
        {
            page.Element("h2", recipe.Key).Add("<div class=\"scroll\"><table><tr><th>run</th><th class=\"words\">model</th><th>items</th><th>score</th><th>95 % interval</th><th></th></tr>");
            string first = recipe.First().Name;
            foreach (RunRecordSummary run in recipe)
            {
                MetricScore score = run.Summary.Metrics[0];
                string other = run.Name == first ? "" : $"<a href=\"{HtmlPage.Escape(compare(first, run.Name))}\">compare with {HtmlPage.Escape(first)}</a>";
                page.Add($"<tr><td><a href=\"{HtmlPage.Escape(link(run.Name))}\">{HtmlPage.Escape(run.Name)}</a></td><td class=\"words\">{HtmlPage.Escape(run.Summary.Model)}</td><td>{run.Summary.Items}</td><td>{ScoreRows.Number(score.Micro)}</td><td>{ScoreRows.Number(score.MicroLow)} to {ScoreRows.Number(score.MicroHigh)}</td><td>{other}</td></tr>");
            }

            page.Add("</table></div>");
        }

        return page.ToString();
    }

    /// <summary>Finished runs among the direct subfolders of a folder, by name.</summary>
    internal static IEnumerable<RunRecordSummary> Runs(string folder)
    {
        foreach (string path in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal))
        {
            if (File.Exists(Path.Combine(path, ResultFolder.Summary)) && File.Exists(Path.Combine(path, ResultFolder.Results)))
                yield return new RunRecordSummary(Path.GetFileName(path), ResultFolder.ReadSummary(path));
        }
    }

    private static (IReadOnlyList<RunRecord>, IReadOnlyList<PairedComparison>) Compared(IReadOnlyList<string> folders)
    {
        if (folders.Count < 2) throw new EvaluationException("A comparison needs two runs or more.");
        RunRecord[] runs = [.. folders.Select(RunRecord.Read)];
        if (runs.DistinctBy(run => run.Name).Count() < runs.Length) runs = [.. runs.Select((run, i) => run with { Name = $"{run.Name} ({i + 1})" })];
        return (runs, [.. runs.Skip(1).Select(run => PairedComparison.Of(runs[0], run))]);
    }

    private static string[] Write(string target, string name, string html, string markdown, string json)
    {
        Directory.CreateDirectory(target);
        string[] files = [Path.Combine(target, name + ".html"), Path.Combine(target, name + ".md"), Path.Combine(target, name + ".json")];
        ResultFolder.WriteWhole(files[0], html);
        ResultFolder.WriteWhole(files[1], markdown);
        ResultFolder.WriteWhole(files[2], json + "\n");
        return files;
    }
}
