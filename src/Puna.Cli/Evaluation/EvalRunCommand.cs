using System.CommandLine;
using System.Text.Json.Nodes;
using Puna.Evaluation;
using Puna.Evaluation.Models;
using Puna.Evaluation.Remote;
using Puna.Evaluation.Runs;
using Puna.Evaluation.Tasks;

namespace Puna.Cli.Evaluation;

/// <summary><c>puna eval run</c>: one recipe on one model.</summary>
internal static class EvalRunCommand
{
    /// <summary>Part of the questions without an answer from which on there is no score to speak of.</summary>
    private const double MostErrors = 0.05;

    internal static Command Create()
    {
        Command command = new("run", "Run a recipe; the same --out again goes on where it stopped");
        Argument<string> task = new("task") { Description = "Name of a recipe; puna eval list shows them" };
        command.Add(task);
        ModelOptions modelOptions = new(command, chats: true, modelIsOptional: true, modelIsOption: true);
        RemoteCliOptions remoteOptions = new(command);
        Option<string?> variant = VariantOption.Create();
        Option<bool> anyVariant = new("--any-variant") { Description = "Run a recipe for another kind of model than this one" };
        Option<string?> data = new("--data") { Description = "Folder of the benchmark's files in their upstream layout, or one file of questions (default: the few built-in items)" };
        Option<int?> limit = new("--limit") { Description = "Ask no more than this many questions, chosen by --seed from every subject in proportion" };
        Option<int> seed = new("--seed") { Description = "Seed of that choice, and of worked examples that the recipe draws (default: 0)" };
        Option<int?> shots = new("--shots") { Description = "Worked examples in front of a question (default: the recipe's own number)" };
        Option<int> batch = new("--batch") { Description = "Questions computed at the same time; changes no answer", DefaultValueFactory = _ => 8 };
        Option<bool> truncate = new("--truncate-left") { Description = "Cut prompts that do not fit, at their beginning, and count them; without it they are an error" };
        Option<string?> output = new("--out") { Description = "Folder for manifest, answers and results" };
        Option<string?> cache = new("--cache") { Description = "Folder of answers to reuse, and to keep new ones in" };
        Option<bool> json = new("--json") { Description = "Print a JSON object" };
        foreach (Option option in (Option[])[variant, anyVariant, data, limit, seed, shots, batch, truncate, output, cache, json]) command.Add(option);
        command.SetAction((parsed, cancellation) => ExitCode.Guard(async () =>
        {
            if (parsed.GetValue(batch) < 1) throw new UsageException($"--batch {parsed.GetValue(batch)}: at least 1 is needed.");

            PreparedRun run = PreparedRun.Of(EvaluationTasks.Find(parsed.GetRequiredValue(task)), new RunSettings
            {
                Data = parsed.GetValue(data),
                Shots = parsed.GetValue(shots),
                Limit = parsed.GetValue(limit),
                Seed = parsed.GetValue(seed),
            });
            ModelVariant? stated = VariantOption.Parse(parsed.GetValue(variant));
            RemoteOptions? endpoint = remoteOptions.Read(parsed, stated);
            using RemoteModel? remote = endpoint is null ? null : new RemoteModel(endpoint);
            using PunaModel? local = remote is null ? modelOptions.Load(parsed, options => options with { MaxSequences = parsed.GetValue(batch) }) : null;
            PunaModelUnderTest? inProcess = local is null ? null : new PunaModelUnderTest(local, new PunaModelUnderTestOptions
            {
                Variant = stated,
                TooLong = parsed.GetValue(truncate) ? PromptTooLong.CutLeft : PromptTooLong.Refuse,
                Batch = parsed.GetValue(batch),
            });
            if (!parsed.GetValue(anyVariant)) RequireVariant(run.Task, endpoint?.Variant ?? inProcess!.Variant);

            IModelUnderTest underTest = remote ?? (IModelUnderTest)inProcess!;
            using CachedModel? cached = parsed.GetValue(cache) is { } folder ? new CachedModel(underTest, folder) : null;
            using ProgressLine progress = new();
            RunOutcome outcome = await EvaluationRun.ExecuteAsync(
                run,
                cached ?? underTest,
                parsed.GetValue(output),
                () => remote is null ? LocalRun.Describe(local!, run.Settings, parsed.GetValue(batch), modelOptions.TemplateFile(parsed)) : new JsonObject { ["usage"] = remote.Usage.Describe(endpoint!) },
                progress,
                code: null,
                cancellation).ConfigureAwait(false);
            progress.Dispose();
            if (parsed.GetValue(json)) Console.WriteLine(ResultFolder.ToJson(outcome.Summary));
            else SummaryDisplay.Print(outcome.Summary);
            if (remote is not null) SummaryDisplay.PrintUsage(remote.Usage, endpoint!);
            if (outcome.Summary.Errors > MostErrors * outcome.Results.Count)
                throw new IOException($"{outcome.Summary.Errors} of {outcome.Results.Count} questions have no answer ({outcome.Results.First(r => r.Error is not null).Error}): this is no score. Run again with the same --out to ask just these.");
        }));
        return command;
    }

    private static void RequireVariant(EvaluationTask task, ModelVariant variant)
    {
        bool fits = task.Variant is not { } wanted || wanted == variant || (wanted == ModelVariant.Instruct && variant == ModelVariant.ChatTuned);
        if (!fits)
            throw new EvaluationException(
                $"{task.Name} is for {VariantOption.NameOf(task.Variant!.Value)} models and this is a model of kind {VariantOption.NameOf(variant)}; such scores are 5 to 20 points off. Choose another recipe, correct the kind with --variant, or insist with --any-variant.");
    }
}
