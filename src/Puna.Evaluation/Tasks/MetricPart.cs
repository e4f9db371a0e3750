namespace Puna.Evaluation.Tasks;

/// <summary>A mark of items that goes into a score.</summary>
/// <param name="Mark">Its name in <see cref="ItemGrade.Metrics"/>.</param>
/// <param name="Weight">Name of the mark by which items count; null where they count alike.</param>
public sealed record MetricPart(string Mark, string? Weight = null);
