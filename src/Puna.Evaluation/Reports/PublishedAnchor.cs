namespace Puna.Evaluation.Reports;

/// <summary>A published score that a run can be held against.</summary>
/// <param name="Model">The model it was published for.</param>
/// <param name="Score">The score, as a share of 1.</param>
/// <param name="Metric">Metric of the recipe that it is about.</param>
/// <param name="Macro">Whether it is an average over groups.</param>
/// <param name="Source">Who published it, and under which settings.</param>
public sealed record PublishedAnchor(string Model, double Score, string Metric, bool Macro, string Source)
{
    private const string Card = "Llama 4 model card, bf16";

    /// <summary>The anchors of a recipe; none where nobody published a score under its settings.</summary>
    public static IReadOnlyList<PublishedAnchor> Of(string recipe) => recipe switch
    {
        "meta/mmlu-5shot" => Both("acc", true, 79.6, 85.5, "base, 5 shots, macro average"),
        "meta/mmlu_pro" => Both("exact_match", true, 74.3, 80.5, "instruct, 0 shots, macro average"),
        "meta/math-4shot" => Both("exact_match", false, 50.3, 61.2, "base, 4 shots"),
        "simple/gpqa" => Both("acc", false, 57.2, 69.8, "instruct, GPQA Diamond, 0 shots"),
        "puna/mgsm" => Both("exact_match", true, 90.6, 92.3, "instruct, 0 shots, mean over languages"),
        "lmeval/mmlu_pro" =>
        [
            new("Llama 4 Scout", 0.753, "exact_match", false, "SGLang with lm-evaluation-harness, 0 shots, chat template"),
            new("Llama 4 Maverick", 0.807, "exact_match", false, "SGLang with lm-evaluation-harness, 0 shots, chat template"),
        ],
        _ => [],
    };

    private static PublishedAnchor[] Both(string metric, bool macro, double scout, double maverick, string settings) =>
    [
        new("Llama 4 Scout", scout / 100, metric, macro, $"{Card}: {settings}"),
        new("Llama 4 Maverick", maverick / 100, metric, macro, $"{Card}: {settings}"),
    ];
}
