using Puna.Evaluation.Runs;

namespace Puna.Evaluation.Reports;

/// <summary>A finished run, read from its folder.</summary>
/// <param name="Name">The folder's name.</param>
/// <param name="Manifest">What the scores were made from.</param>
/// <param name="Summary">The scores.</param>
/// <param name="Results">Every question.</param>
internal sealed record RunRecord(string Name, RunManifest Manifest, RunSummary Summary, IReadOnlyList<ItemResult> Results)
{
    /// <summary>Reads a run.</summary>
    /// <exception cref="EvaluationException">The folder holds none, or it is not finished.</exception>
    public static RunRecord Read(string folder) => new(
        Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))), ResultFolder.ReadManifest(folder), ResultFolder.ReadSummary(folder), ResultFolder.ReadResults(folder));

    /// <summary>Whether the questions may not be shown: GPQA's authors ask that they appear nowhere.</summary>
    public bool IsMasked => Summary.Task.Contains("gpqa", StringComparison.Ordinal);

    /// <summary>Name of the metric that is the score.</summary>
    public string ScoreName => Summary.Metrics[0].Name;

    /// <summary>A metric of every item in order of the data; repeats count as their mean.</summary>
    public IReadOnlyList<ItemMark> Marks(string metric) =>
        [.. Results.GroupBy(result => result.Id).Select(item => new ItemMark(item.Key, item.First().Group, item.Average(result => result.Metrics.GetValueOrDefault(metric))))];
}
