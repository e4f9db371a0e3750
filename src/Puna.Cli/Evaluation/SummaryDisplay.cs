using Puna.Evaluation.Runs;

namespace Puna.Cli.Evaluation;

/// <summary>A run's scores, as a person reads them.</summary>
internal static class SummaryDisplay
{
    internal static void Print(RunSummary summary)
    {
        Console.WriteLine($"{TerminalText.Printable(summary.Label)} on {TerminalText.Printable(summary.Model)}: {summary.Items} questions, {summary.PromptTokens} prompt tokens, {summary.CompletionTokens} written");
        foreach (MetricScore metric in summary.Metrics)
        {
            string macro = metric.Groups.Count > 0 ? FormattableString.Invariant($"   macro {metric.Macro,7:F4} ({metric.MacroLow:F4} to {metric.MacroHigh:F4}) over {metric.Groups.Count} groups") : "";
            Console.WriteLine(FormattableString.Invariant($"  {metric.Name,-22} micro {metric.Micro,7:F4} ({metric.MicroLow:F4} to {metric.MicroHigh:F4})") + macro);
        }

        if (summary.CalibrationError is { } error) Console.WriteLine(FormattableString.Invariant($"  expected calibration error {error:F4}"));
        if (summary.Chance is { } chance) Console.WriteLine(FormattableString.Invariant($"  guessing earns {chance:F4}"));
        Count(summary.Unread, summary, "answers that no rule could read");
        Count(summary.Truncated, summary, "answers that ended for lack of room");
        Count(summary.PromptsCut, summary, "prompts that were cut");
        Count(summary.Errors, summary, "questions without an answer");
        foreach (GroupScore group in summary.Metrics[0].Groups)
            Console.WriteLine(FormattableString.Invariant($"    {TerminalText.Printable(group.Group),-36} {group.Mean,7:F4} ({group.Low:F4} to {group.High:F4}) of {group.Items}"));
    }

    private static void Count(int count, RunSummary summary, string what)
    {
        if (count > 0) Console.WriteLine(FormattableString.Invariant($"  {count} of {summary.Items} {what}"));
    }
}
