namespace Puna.Evaluation.Reports;

/// <summary>A metric of one item.</summary>
internal readonly record struct ItemMark(string Id, string Group, double Value);
