using System.CommandLine;
using Puna.Cli.Evaluation;
using Puna.Evaluation.Tasks;

namespace Puna.Cli.Commands;

/// <summary><c>puna eval</c>: scores of models, by named recipes.</summary>
internal static class EvalCommand
{
    internal static Command Create() => new("eval", "Score a model on benchmarks, with all that is needed to repeat the number")
    {
        List(),
        EvalReportCommand.Create(),
        EvalCompareCommand.Create(),
        EvalServeCommand.Create(),
        EvalSandboxCommand.Create(),
        EvalFetchCommand.Create(),
        EvalRunCommand.Create(),
        EvalRepeatCommand.Create(),
        EvalPerplexityCommand.Create(),
        EvalGenerateCommand.Create(),
    };

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
                        w.WriteString("variant", task.Variant is { } variant ? VariantOption.NameOf(variant) : "any");
                    });
                    continue;
                }

                Console.WriteLine($"{task.Name,-26} {task.Summary}");
            }
        }));
        return command;
    }
}
