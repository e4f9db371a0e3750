using System.CommandLine;
using System.Text.Json.Nodes;
using Puna.Cli.Usage;
using Puna.Evaluation;
using Puna.Evaluation.Models;
using Puna.Evaluation.Runs;
using Puna.Evaluation.Tasks;

namespace Puna.Cli.Evaluation;

/// <summary><c>puna eval repeat</c>: a run again, from its manifest, compared to the bit.</summary>
internal static class EvalRepeatCommand
{
    internal static Command Create()
    {
        Command command = new("repeat", "Run again what a result was made from, and tell whether every answer is the same to the bit");
        Argument<string> result = new("result") { Description = "Folder that puna eval run has written" };
        Option<string?> modelPath = new("--model", "-m") { Description = "The model, where it has moved" };
        Option<string?> data = new("--data") { Description = "The data, where they have moved" };
        Option<string?> template = new("--chat-template") { Description = "The chat template's file, where it has moved" };
        Option<int?> threads = new("--threads", "-t") { Description = "Threads to compute with (default: one per core); changes no answer" };
        Option<int> batch = new("--batch") { Description = "Questions computed at the same time; changes no answer", DefaultValueFactory = _ => 5 };
        Option<int?> shuffle = new("--shuffle") { Description = "Ask in an order drawn from this seed; changes no answer" };
        Option<bool> anyway = new("--anyway") { Description = "Run and compare even where the manifests already differ" };
        Option<bool> json = new("--json") { Description = "Print a JSON object" };
        command.Add(result);
        foreach (Option option in (Option[])[modelPath, data, template, threads, batch, shuffle, anyway, json]) command.Add(option);
        command.SetAction((parsed, cancellation) => ExitCode.Guard(async () =>
        {
            parsed.RequireAtLeast(1, threads, batch);

            string folder = parsed.GetRequiredValue(result);
            RunManifest was = ResultFolder.ReadManifest(folder);
            IReadOnlyList<ItemResult> before = ResultFolder.ReadResults(folder);
            RunSettings settings = LocalRun.Settings(was.Execution);
            PreparedRun run = PreparedRun.Of(EvaluationTasks.Find((string?)was.Identity["recipe"]?["name"] ?? ""), settings with { Data = parsed.GetValue(data) ?? settings.Data });

            JsonObject description = was.Identity["model"] as JsonObject ?? throw new EvaluationException($"{folder}: the manifest does not tell the model.");
            string? templateFile = parsed.GetValue(template) ?? (string?)was.Execution["template_path"];
            using PunaModel model = PunaModel.Load(parsed.GetValue(modelPath) ?? LocalRun.ModelPath(was), new PunaModelOptions
            {
                Threads = parsed.GetValue(threads),
                KvType = ModelOptions.ParseType((string?)description["kv_type"] ?? "f16"),
                ContextLength = (int?)was.Execution["context"],
                Backend = (string?)description["backend"] == "reference" ? BackendKind.Reference : BackendKind.Cpu,
                ChatTemplate = templateFile is null ? null : File.ReadAllText(templateFile),
                CorrectEarlyScoutRope = (bool?)description["correct_early_scout_rope"] ?? false,
                MaxSequences = parsed.GetValue(batch),
            });
            PunaModelUnderTest underTest = new(model, new PunaModelUnderTestOptions
            {
                Variant = VariantOption.Parse((string?)description["variant"]),
                TooLong = (string?)description["prompts_too_long"] == "cut left" ? PromptTooLong.CutLeft : PromptTooLong.Refuse,
                Batch = parsed.GetValue(batch),
                BatchTokens = 64 * parsed.GetValue(batch),
                Shuffle = parsed.GetValue(shuffle),
            });

            IReadOnlyList<ManifestDifference> differences = was.DifferencesTo(RunManifest.Of(run, underTest));
            (ResultDifference? First, int Count)? compared = null;
            if (differences.Count == 0 || parsed.GetValue(anyway))
            {
                using ProgressLine progress = new();
                RunOutcome outcome = await EvaluationRun.ExecuteAsync(run, underTest, folder: null, execution: null, progress, code: null, cancellation).ConfigureAwait(false);
                compared = RunComparison.Compare(before, outcome.Results);
            }

            if (parsed.GetValue(json)) PrintJson(differences, compared, before.Count);
            else Print(differences, compared, before.Count);
            if (differences.Count > 0 || compared is { Count: > 0 }) throw new IOException("this is not the same run.");
        }));
        return command;
    }

    private static void Print(IReadOnlyList<ManifestDifference> differences, (ResultDifference? First, int Count)? compared, int results)
    {
        foreach (ManifestDifference difference in differences)
            Console.WriteLine($"{difference.Path} was {TerminalText.Printable(difference.Was)} and is {TerminalText.Printable(difference.Now)}");
        if (compared is null) return;

        if (compared is { First: { } first, Count: var count })
            Console.WriteLine($"{count} of {results} results differ, first {TerminalText.Printable(first.Id)} (time {first.Repeat + 1}): {first.Field} was {TerminalText.Printable(first.Was)} and is {TerminalText.Printable(first.Now)}");
        else Console.WriteLine($"All {results} results are the same to the bit.");
    }

    private static void PrintJson(IReadOnlyList<ManifestDifference> differences, (ResultDifference? First, int Count)? compared, int results) => JsonLine.Write(w =>
    {
        w.WriteStartArray("manifest_differences");
        foreach (ManifestDifference difference in differences)
        {
            w.WriteStartObject();
            w.WriteString("path", difference.Path);
            w.WriteString("was", difference.Was);
            w.WriteString("now", difference.Now);
            w.WriteEndObject();
        }

        w.WriteEndArray();
        w.WriteNumber("results", results);
        if (compared is not { } found) return;

        w.WriteNumber("different", found.Count);
        if (found.First is not { } first) return;
        w.WriteStartObject("first");
        w.WriteString("id", first.Id);
        w.WriteNumber("repeat", first.Repeat);
        w.WriteString("field", first.Field);
        w.WriteString("was", first.Was);
        w.WriteString("now", first.Now);
        w.WriteEndObject();
    });
}
