using Puna.Evaluation.Runs;
using Puna.Evaluation.Tasks;

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

    /// <summary>What goes into a metric from every item, in order of the data.</summary>
    public IReadOnlyList<ItemMarks> Marks(string metric) => ItemMarks.Of(PartsOf(metric), Results);

    /// <summary>What a metric is made of, by the recipe; a recipe that this version does not know has none made of others.</summary>
    public IReadOnlyList<MetricPart> PartsOf(string metric) => EvaluationTasks.All.FirstOrDefault(task => task.Name == Summary.Task)?.PartsOf(metric) ?? [new MetricPart(metric)];
}
