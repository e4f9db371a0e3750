using Puna.Evaluation;
using Puna.Evaluation.Data;
using Puna.Evaluation.Models;
using Puna.Evaluation.Runs;
using Puna.Evaluation.Tasks;

namespace Puna.Cli.Evaluation;

/// <summary>The runs that a command line asks for: one recipe, or those of a plan.</summary>
internal static class RunList
{
    /// <summary>One recipe.</summary>
    /// <exception cref="EvaluationException">It is for another kind of model.</exception>
    internal static PreparedRun One(EvaluationTask task, RunSettings settings, ModelVariant variant, bool anyVariant)
    {
        if (!anyVariant && !EvaluationPlan.Suits(task, variant))
            throw new EvaluationException(
                $"{task.Name} is for {VariantOption.NameOf(task.Variant!.Value)} models and this is a model of kind {VariantOption.NameOf(variant)}; such scores are 5 to 20 points off. Choose another recipe, correct the kind with --variant, or insist with --any-variant.");
        return PreparedRun.Of(task, settings);
    }

    /// <summary>
    /// The recipes of a plan. A data folder has a folder per benchmark, as <see cref="DataLayout.Name"/> calls it; what cannot be asked is left
    /// out and said.
    /// </summary>
    /// <exception cref="EvaluationException">Nothing is left.</exception>
    internal static IReadOnlyList<PreparedRun> Plan(string plan, RunSettings settings, ModelVariant variant, IModelUnderTest model)
    {
        List<PreparedRun> runs = [];
        foreach (PlannedTask planned in EvaluationPlan.Of(plan, variant))
        {
            EvaluationTask task = planned.Task;
            string? data = settings.Data is { } root ? Path.Combine(root, task.Data.Name) : null;
            string? reason = task.ScoresContinuations && !model.CanScore ? "the model does not tell the probability of given texts"
                : data is not null && !Directory.Exists(data) ? $"there is no folder {data} (data from {task.Data.Source})" : null;
            try
            {
                if (reason is null)
                {
                    PreparedRun run = PreparedRun.Of(task, settings with { Data = data, Limit = Least(planned.Limit, settings.Limit), Shots = planned.Shots });
                    if (!model.CanConstrain && run.Requests.Any(request => request.JsonSchema is not null)) reason = "it holds answers to a schema, which the model does not do here";
                    else if (model.CanPrefill || run.Requests.All(request => request.Prefill.Length == 0)) runs.Add(run);
                    else reason = "it begins the model's answer, which the model does not let one do";
                }
            }
            catch (Exception error) when (error is EvaluationException or IOException)
            {
                reason = error.Message;
            }

            if (reason is not null) Console.Error.WriteLine($"left out {task.Name}: {TerminalText.Printable(reason)}");
        }

        return runs.Count > 0 ? runs : throw new EvaluationException($"Nothing of the plan {plan} can be asked. The lines above say why.");
    }

    /// <summary>The folder of a run's results within that of a plan.</summary>
    internal static string Folder(string root, PreparedRun run) => Path.Combine(root, run.Task.Name.Replace('/', '_'));

    private static int? Least(int? a, int? b) => a is null ? b : b is null ? a : Math.Min(a.Value, b.Value);
}
