namespace Puna.Evaluation.Runs;

/// <summary>A finished run.</summary>
/// <param name="Manifest">What it was made from.</param>
/// <param name="Results">Every question, in the order of the data.</param>
/// <param name="Summary">What they come to.</param>
public sealed record RunOutcome(RunManifest Manifest, IReadOnlyList<ItemResult> Results, RunSummary Summary);
