using System.CommandLine;
using Puna.Evaluation.Reports;

namespace Puna.Cli.Evaluation;

/// <summary><c>puna eval compare</c>: runs of one recipe held against each other, item by item.</summary>
internal static class EvalCompareCommand
{
    internal static Command Create()
    {
        Command command = new("compare", "Tell whether runs of one recipe differ, item by item, with tests for it");
        Argument<string[]> results = new("results") { Description = "Folders that puna eval run has written; each is held against the first", Arity = new ArgumentArity(2, 20) };
        Option<string?> target = new("--out", "-o") { Description = "Folder for comparison.html, comparison.md and comparison.json" };
        Option<bool> json = new("--json") { Description = "Print the comparisons as JSON" };
        command.Add(results);
        command.Add(target);
        command.Add(json);
        command.SetAction((parsed, _) => ExitCode.Guard(() =>
        {
            (IReadOnlyList<PairedComparison> comparisons, IReadOnlyList<string> files) = EvaluationReport.Compare(parsed.GetRequiredValue(results), parsed.GetValue(target));
            if (parsed.GetValue(json))
            {
                Console.WriteLine(EvaluationReport.ToJson(comparisons));
                return;
            }

            foreach (PairedComparison comparison in comparisons) Print(comparison);
            foreach (string file in files) Console.WriteLine(file);
        }));
        return command;
    }

    private static void Print(PairedComparison comparison)
    {
        Console.WriteLine($"{TerminalText.Printable(comparison.First)} and {TerminalText.Printable(comparison.Second)}");
        Console.WriteLine($"  {TerminalText.Printable(EvaluationReport.Conclusion(comparison))}");
        foreach (PairedMetric metric in comparison.Metrics)
        {
            string discordant = metric.OnlyFirst is null ? "" : $"   only first {metric.OnlyFirst}, only second {metric.OnlySecond}";
            Console.WriteLine(FormattableString.Invariant($"  {metric.Metric,-14} {metric.First,7:F4} {metric.Second,7:F4}   difference {metric.Difference,8:F4} [{metric.Low:F4}, {metric.High:F4}]   p {metric.P:F4}, after Holm {metric.Corrected:F4}{discordant}"));
        }

        if (!comparison.Comparable) Console.WriteLine("  Recipe, data or decoding are not the same, so the difference is not the models' alone.");
        if (comparison.Unpaired > 0) Console.WriteLine($"  {comparison.Unpaired} items are in one run only and were left out.");
        foreach (var difference in comparison.Differences)
            Console.WriteLine($"    {difference.Path}: {TerminalText.Printable(difference.Was)} and {TerminalText.Printable(difference.Now)}");
    }
}
