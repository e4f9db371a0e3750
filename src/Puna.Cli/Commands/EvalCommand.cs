using System.CommandLine;
using Puna.Cli.Evaluation;
using Puna.Evaluation.Models;
using Puna.Evaluation.Runs;
using Puna.Evaluation.Tasks;

namespace Puna.Cli.Commands;

/// <summary><c>puna eval</c>: scores of models, by named recipes.</summary>
internal static class EvalCommand
{
    internal static Command Create() => new("eval", "Score a model on benchmarks, with all that is needed to repeat the number") { List(), Run() };

    private static Command List()
    {
        Command command = new("list", "Show the recipes");
        Option<bool> json = new("--json") { Description = "Print a JSON object per recipe" };
        command.Add(json);
        command.SetAction((parsed, _) => ExitCode.Guard(() =>
        {
            foreach (EvaluationTask task in EvaluationTasks.All)
            {
                if (parsed.GetValue(json))
                {
                    JsonLine.Write(w =>
                    {
                        w.WriteString("name", task.Name);
                        w.WriteNumber("version", task.Version);
                        w.WriteString("summary", task.Summary);
                        w.WriteString("data", task.Data.Source);
                        w.WriteNumber("shots", task.DefaultShots);
                        w.WriteString("variant", task.Variant?.ToString().ToLowerInvariant() ?? "any");
                    });
                    continue;
                }

                Console.WriteLine($"{task.Name,-26} {task.Summary}");
            }
        }));
        return command;
    }

    private static Command Run()
    {
        Command command = new("run", "Run a recipe");
        Argument<string> task = new("task") { Description = "Name of a recipe; puna eval list shows them" };
        command.Add(task);
        ModelOptions modelOptions = new(command, chats: true, modelIsOptional: true, modelIsOption: true);
        Option<string?> data = new("--data") { Description = "Folder of the benchmark's files in their upstream layout, or one file of questions (default: the few built-in items)" };
        Option<int?> limit = new("--limit") { Description = "Ask no more than this many questions, chosen by --seed from every subject in proportion" };
        Option<int> seed = new("--seed") { Description = "Seed of that choice (default: 0)" };
        Option<int?> shots = new("--shots") { Description = "Worked examples in front of a question (default: the recipe's own number)" };
        Option<int> batch = new("--batch") { Description = "Questions computed at the same time; changes no answer", DefaultValueFactory = _ => 8 };
        Option<bool> truncate = new("--truncate-left") { Description = "Cut prompts that do not fit, at their beginning, and count them; without it they are an error" };
        Option<string?> output = new("--out") { Description = "Folder for the results" };
        Option<bool> json = new("--json") { Description = "Print a JSON object" };
        foreach (Option option in (Option[])[data, limit, seed, shots, batch, truncate, output, json]) command.Add(option);
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
            using PunaModel model = modelOptions.Load(parsed, options => options with { MaxSequences = parsed.GetValue(batch) });
            PunaModelUnderTest underTest = new(model, parsed.GetValue(batch), tooLong: parsed.GetValue(truncate) ? PromptTooLong.CutLeft : PromptTooLong.Refuse);
            IReadOnlyList<ItemResult> results = await run.RunAsync(underTest, cancellation).ConfigureAwait(false);
            RunSummary summary = run.Summarize(results, underTest.Name);
            if (parsed.GetValue(output) is { } folder) ResultFolder.Write(folder, results, summary);
            if (parsed.GetValue(json)) Console.WriteLine(ResultFolder.ToJson(summary));
            else SummaryDisplay.Print(summary);
        }));
        return command;
    }
}
