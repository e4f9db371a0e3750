using Puna.Evaluation.Models;
using Puna.Evaluation.Tasks;

namespace Puna.Evaluation.Runs;

/// <summary>A recipe of a plan.</summary>
/// <param name="Task">The recipe.</param>
/// <param name="Limit">Most questions; null for all.</param>
/// <param name="Shots">Worked examples; null for the recipe's own number.</param>
public sealed record PlannedTask(EvaluationTask Task, int? Limit = null, int? Shots = null);

/// <summary>Recipes that belong together: <c>smoke</c>, whether everything runs; <c>quant-check</c>, what quantizing took; <c>full</c>, what model cards report.</summary>
public static class EvaluationPlan
{
    private const int SmokeQuestions = 10;

    /// <summary>Names of the plans.</summary>
    public static IReadOnlyList<string> Names { get; } = ["smoke", "quant-check", "full"];

    /// <summary>The recipes of a plan that suit a kind of model.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="variant">What the model was trained to do.</param>
    /// <exception cref="EvaluationException">There is no such plan.</exception>
    public static IReadOnlyList<PlannedTask> Of(string name, ModelVariant variant) => name switch
    {
        "smoke" => [.. EvaluationTasks.All.Where(task => Suits(task, variant)).Select(task => new PlannedTask(task, SmokeQuestions))],
        "quant-check" =>
        [
            new(EvaluationTasks.Find("lmeval/mmlu"), 570, 5),
            new(EvaluationTasks.Find("lmeval/gsm8k"), 200),
            new(EvaluationTasks.Find(variant == ModelVariant.Base ? "lmeval/hendrycks_math" : "simple/math-by-rule"), 100),
            new(EvaluationTasks.Find(variant == ModelVariant.Base ? "lmeval/humaneval" : "lmeval/humaneval_instruct")),
        ],
        "full" => variant == ModelVariant.Base
            ? [.. Whole("meta/mmlu-5shot", "lmeval/mmlu_pro", "meta/math-4shot", "meta/mbpp-3shot", "meta/arc-25shot", "lmeval/gsm8k", "lmeval/humaneval")]
            : [.. Whole("meta/mmlu-0shot-cot", "meta/mmlu_pro", "simple/gpqa", "puna/mgsm", "simple/math-by-rule", "meta/gsm8k-8shot", "lmeval/humaneval_instruct", "orig/ifeval")],
        _ => throw new EvaluationException($"There is no plan '{name}'. The plans are {string.Join(", ", Names)}."),
    };

    /// <summary>Whether a recipe is for a kind of model; a chat-tuned model counts as an instruct model too.</summary>
    public static bool Suits(EvaluationTask task, ModelVariant variant)
    {
        ArgumentNullException.ThrowIfNull(task);
        return task.Variant is not { } wanted || wanted == variant || (wanted == ModelVariant.Instruct && variant == ModelVariant.ChatTuned);
    }

    private static IEnumerable<PlannedTask> Whole(params string[] names) => names.Select(name => new PlannedTask(EvaluationTasks.Find(name)));
}
