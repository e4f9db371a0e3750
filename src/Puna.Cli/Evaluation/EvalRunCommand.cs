using System.CommandLine;
using System.Text.Json.Nodes;
using Puna.Cli.Usage;
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
        Command command = new("run", "Run a recipe or a plan of several; the same --out again goes on where it stopped");
        Argument<string?> task = new("task") { Description = "Name of a recipe; puna eval list shows them", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> plan = new("--plan") { Description = "Run several recipes in place of one: smoke, whether everything runs; quant-check, what quantizing took; full, what model cards report" };
        plan.AcceptOnlyFromAmong([.. EvaluationPlan.Names]);
        command.Add(task);
        command.Add(plan);
        ModelOptions modelOptions = new(command, chats: true, modelIsOptional: true, modelIsOption: true);
        RemoteCliOptions remoteOptions = new(command);
        Option<string?> scanner = new("--scanner") { Description = "A scanner of the safety layer in place of a model, for puna/guard: its name, or the path of a guard model" };
        command.Add(scanner);
        Option<string?> variant = VariantOption.Create();
        Option<bool> anyVariant = new("--any-variant") { Description = "Run a recipe for another kind of model than this one" };
        Option<string?> data = new("--data") { Description = "Folder of the benchmark's files in their upstream layout, or one file of questions; for a plan, a folder with one such folder per benchmark (default: the few built-in items)" };
        Option<int?> limit = new("--limit") { Description = "Ask no more than this many questions, chosen by --seed from every subject in proportion" };
        Option<int> seed = new("--seed") { Description = "Seed of that choice, and of worked examples that the recipe draws (default: 0)" };
        Option<int?> shots = new("--shots") { Description = "Worked examples in front of a question (default: the recipe's own number)" };
        Option<int> batch = new("--batch") { Description = "Questions computed at the same time; changes no answer", DefaultValueFactory = _ => 8 };
        Option<bool> truncate = new("--truncate-left") { Description = "Cut prompts that do not fit, at their beginning, and count them; without it they are an error" };
        Option<string?> output = new("--out") { Description = "Folder for manifest, answers and results; for a plan, one folder per recipe in it" };
        Option<string?> cache = new("--cache") { Description = "Folder of answers to reuse, and to keep new ones in" };
        Option<bool> json = new("--json") { Description = "Print a JSON object per recipe" };
        foreach (Option option in (Option[])[variant, anyVariant, data, limit, seed, shots, batch, truncate, output, cache, json]) command.Add(option);
        StartEstimate estimate = new(command);
        command.SetAction((parsed, cancellation) => ExitCode.Guard(async () =>
        {
            parsed.RequireAtLeast(1, batch);
            if (parsed.GetValue(task) is null == parsed.GetValue(plan) is null) throw new UsageException($"give either the name of a recipe or --plan ({string.Join(", ", EvaluationPlan.Names)}).");
            if (parsed.GetValue(plan) is not null && parsed.GetValue(shots) is not null) throw new UsageException("--shots is for a single recipe: a plan's recipes have their own numbers.");

            EvaluationTask? single = parsed.GetValue(task) is { } name ? EvaluationTasks.Find(name) : null;
            RunSettings settings = new() { Data = parsed.GetValue(data), Shots = parsed.GetValue(shots), Limit = parsed.GetValue(limit), Seed = parsed.GetValue(seed) };
            ModelVariant? stated = VariantOption.Parse(parsed.GetValue(variant));
            RemoteOptions? endpoint = remoteOptions.Read(parsed, stated);
            if (parsed.GetValue(scanner) is not null && endpoint is not null) throw new UsageException("give either --scanner or --endpoint.");
            using ScannerUnderTest? guard = parsed.GetValue(scanner) is { } guardName ? ScannerUnderTest.Open(guardName) : null;
            using RemoteModel? remote = endpoint is null ? null : new RemoteModel(endpoint);
            using PunaModel? local = remote is null && guard is null ? modelOptions.Load(parsed, options => options with { MaxSequences = parsed.GetValue(batch) }) : null;
            PunaModelUnderTest? inProcess = local is null ? null : new PunaModelUnderTest(local, new PunaModelUnderTestOptions
            {
                Variant = stated,
                TooLong = parsed.GetValue(truncate) ? PromptTooLong.CutLeft : PromptTooLong.Refuse,
                Batch = parsed.GetValue(batch),
            });
            IModelUnderTest underTest = guard ?? remote ?? (IModelUnderTest)inProcess!;
            ModelVariant kind = endpoint?.Variant ?? inProcess?.Variant ?? ModelVariant.Instruct;
            IReadOnlyList<PreparedRun> runs = single is null ? RunList.Plan(parsed.GetValue(plan)!, settings, kind, underTest) : [RunList.One(single, settings, kind, parsed.GetValue(anyVariant))];
            await estimate.TellAsync(parsed, runs, inProcess, parsed.GetValue(batch), endpoint, cancellation).ConfigureAwait(false);
            if (estimate.IsAll(parsed)) return;

            using CachedModel? cached = parsed.GetValue(cache) is { } folder ? new CachedModel(underTest, folder) : null;
            List<string> failed = [];
            foreach (PreparedRun run in runs)
            {
                try
                {
                    string? results = parsed.GetValue(output) is { } root ? single is null ? RunList.Folder(root, run) : root : null;
                    await RunOneAsync(run, results).ConfigureAwait(false);
                }
                catch (Exception error) when (single is null && (error is EvaluationException or IOException))
                {
                    failed.Add(run.Task.Name); // the other recipes of a plan are not held up
                    Console.Error.WriteLine($"puna: {run.Task.Name}: {TerminalText.Printable(error.Message)}");
                }
            }

            if (remote is not null) SummaryDisplay.PrintUsage(remote.Usage, endpoint!);
            if (failed.Count > 0) throw new IOException($"{failed.Count} of {runs.Count} recipes gave no score: {string.Join(", ", failed)}.");

            async Task RunOneAsync(PreparedRun run, string? results)
            {
                using ProgressLine progress = new();
                RunOutcome outcome = await EvaluationRun.ExecuteAsync(
                    run,
                    cached ?? underTest,
                    results,
                    () => local is not null ? LocalRun.Describe(local, run.Settings, parsed.GetValue(batch), modelOptions.TemplateFile(parsed)) : remote is null ? [] : new JsonObject { ["usage"] = remote.Usage.Describe(endpoint!) },
                    progress,
                    code: null,
                    cancellation).ConfigureAwait(false);
                progress.Dispose();
                if (parsed.GetValue(json)) Console.WriteLine(ResultFolder.ToJson(outcome.Summary));
                else SummaryDisplay.Print(outcome.Summary);
                if (outcome.Summary.Errors > MostErrors * outcome.Results.Count)
                    throw new IOException($"{outcome.Summary.Errors} of {outcome.Results.Count} questions have no answer ({outcome.Results.First(r => r.Error is not null).Error}): this is no score. Run again with the same --out to ask just these.");
            }
        }));
        return command;
    }
}
