using System.CommandLine;
using Puna.Evaluation.Reports;

namespace Puna.Cli.Evaluation;

/// <summary><c>puna eval report</c>: a page, Markdown and JSON of a finished run.</summary>
internal static class EvalReportCommand
{
    internal static Command Create()
    {
        Command command = new("report", "Write the report of a finished run: one page, Markdown and JSON");
        Argument<string> result = new("result") { Description = "Folder that puna eval run has written" };
        Option<string?> target = new("--out", "-o") { Description = "Folder for the report (default: the run's own)" };
        command.Add(result);
        command.Add(target);
        command.SetAction((parsed, _) => ExitCode.Guard(() =>
        {
            string folder = parsed.GetRequiredValue(result);
            foreach (string file in EvaluationReport.Write(folder, parsed.GetValue(target) ?? folder)) Console.WriteLine(file);
        }));
        return command;
    }
}
