using Puna.Evaluation.Remote;
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

    /// <summary>What an endpoint was asked, on standard error: it is no part of the score.</summary>
    internal static void PrintUsage(RemoteUsage usage, RemoteOptions options)
    {
        string faults = usage.Faults.Count == 0 ? "no faults" : string.Join(", ", usage.Faults.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{f.Value} x {f.Key}"));
        Console.Error.WriteLine(FormattableString.Invariant($"{usage.Requests} requests, {usage.Retries} of them again ({faults}); {usage.PromptTokens} tokens in, {usage.CompletionTokens} out, cost {usage.Cost(options):0.####}"));
    }

    private static void Count(int count, RunSummary summary, string what)
    {
        if (count > 0) Console.WriteLine(FormattableString.Invariant($"  {count} of {summary.Items} {what}"));
    }
}
