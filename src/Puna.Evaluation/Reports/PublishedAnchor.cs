namespace Puna.Evaluation.Reports;

/// <summary>A published score that a run can be held against.</summary>
/// <param name="Model">The model it was published for.</param>
/// <param name="Score">The score, as a share of 1.</param>
/// <param name="Metric">Metric of the recipe that it is about.</param>
/// <param name="Macro">Whether it is an average over groups.</param>
/// <param name="Source">Who published it, and under which settings.</param>
/// <param name="Items">Questions that it is over; null where prompt, shots, repeats or marking are not those of the recipe, so that a run can neither reproduce nor miss it.</param>
public sealed record PublishedAnchor(string Model, double Score, string Metric, bool Macro, string Source, int? Items = null)
{
    private const string Card = "Llama 4 model card, bf16";
    private const int Mmlu = 14_042, MmluPro = 12_032;

    /// <summary>The anchors of a recipe; none where nobody published a score under its settings.</summary>
    public static IReadOnlyList<PublishedAnchor> Of(string recipe) => recipe switch
    {
        "meta/mmlu-5shot" => Both("acc", true, 79.6, 85.5, "base, 5 shots, macro average", Mmlu),
        "meta/mmlu_pro" => Both("exact_match", true, 74.3, 80.5, "instruct, 0 shots, macro average", MmluPro),
        "meta/math-4shot" => Both("exact_match", false, 50.3, 61.2, "base, 4 shots; Meta's marking is not published"),
        "simple/gpqa" => Both("acc", false, 57.2, 69.8, "instruct, GPQA Diamond, 0 shots, Meta's prompt"),
        "puna/mgsm" => Both("exact_match", true, 90.6, 92.3, "instruct, 0 shots, mean over languages, Meta's prompt"),
        "lmeval/mmlu_pro" =>
        [
            new("Llama 4 Scout", 0.753, "exact_match", false, "SGLang with lm-evaluation-harness, 0 shots where this recipe has 5, chat template"),
            new("Llama 4 Maverick", 0.807, "exact_match", false, "SGLang with lm-evaluation-harness, 0 shots where this recipe has 5, chat template"),
        ],
        _ => [],
    };

    private static PublishedAnchor[] Both(string metric, bool macro, double scout, double maverick, string settings, int? items = null) =>
    [
        new("Llama 4 Scout", scout / 100, metric, macro, $"{Card}: {settings}", items),
        new("Llama 4 Maverick", maverick / 100, metric, macro, $"{Card}: {settings}", items),
    ];
}
