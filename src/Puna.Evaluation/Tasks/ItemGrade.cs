namespace Puna.Evaluation.Tasks;

/// <summary>What an answer is worth.</summary>
/// <param name="Metrics">Values by name, 0 to 1 unless the task says otherwise; the task's first metric is its score.</param>
/// <param name="Prediction">What was read from the answer; null where no rule matched, which is counted apart from wrong answers.</param>
/// <param name="Rule">Name of the rule that read it, or "none".</param>
public sealed record ItemGrade(IReadOnlyDictionary<string, double> Metrics, string? Prediction, string Rule)
{
    /// <summary>Rule of an answer that nothing could be read from.</summary>
    public const string NoRule = "none";

    /// <summary>A grade of one metric.</summary>
    public static ItemGrade Of(string metric, bool right, string? prediction, string rule) =>
        new(new Dictionary<string, double> { [metric] = right ? 1 : 0 }, prediction, prediction is null ? NoRule : rule);
}
