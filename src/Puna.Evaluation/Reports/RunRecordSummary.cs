using Puna.Evaluation.Runs;

namespace Puna.Evaluation.Reports;

/// <summary>A run by its folder's name.</summary>
internal sealed record RunRecordSummary(string Name, RunSummary Summary);
