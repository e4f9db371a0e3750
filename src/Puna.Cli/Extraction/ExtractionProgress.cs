using System.Diagnostics;
using Puna.Extraction;
using Spectre.Console;

namespace Puna.Cli.Extraction;

/// <summary>Shows how far an extraction is, on standard error: a bar over the bytes of all files on a terminal, a line every half minute otherwise.</summary>
internal static class ExtractionProgress
{
    internal static Task<ExtractionSummary> RunAsync(long bytes, Func<IProgress<ExtractionSummary>, Task<ExtractionSummary>> run)
    {
        if (Console.IsErrorRedirected) return run(new Lines(bytes));

        IAnsiConsole terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return terminal.Progress()
            .AutoClear(true)
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
            .StartAsync(context => run(new Bar(context.AddTask("reading", maxValue: Math.Max(1, bytes)))));
    }

    private static string Describe(ExtractionSummary summary) => $"{summary.Documents} documents{(summary.Failed > 0 ? $", {summary.Failed} failed" : "")}";

    private sealed class Bar(ProgressTask task) : IProgress<ExtractionSummary>
    {
        public void Report(ExtractionSummary value)
        {
            task.Value = value.Position;
            task.Description = Describe(value);
        }
    }

    private sealed class Lines(long bytes) : IProgress<ExtractionSummary>
    {
        private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);
        private long _last = Stopwatch.GetTimestamp();

        public void Report(ExtractionSummary value)
        {
            if (Stopwatch.GetElapsedTime(_last) < Interval) return;

            _last = Stopwatch.GetTimestamp();
            Console.Error.WriteLine($"{Describe(value)}, {100 * value.Position / Math.Max(1, bytes)} % of the bytes read");
        }
    }
}
