using Puna.Conversion;
using Puna.Tensors;
using Spectre.Console;

namespace Puna.Cli;

/// <summary>Shows how far a conversion is, on standard error: a bar on a terminal, a line per tensor otherwise.</summary>
internal static class ConversionDisplay
{
    internal static ConversionResult Run(Func<IProgress<ConversionStep>, ConversionResult> convert) =>
        Console.IsErrorRedirected ? convert(new Lines()) : RunWithBar(convert);

    private static ConversionResult RunWithBar(Func<IProgress<ConversionStep>, ConversionResult> convert)
    {
        IAnsiConsole terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return terminal.Progress()
            .AutoClear(true)
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
            .Start(context => convert(new Bar(context.AddTask("starting"))));
    }

    private static string Describe(ConversionStep step) =>
        step.From == step.To ? $"{step.Tensor} {step.To.Name()}" : $"{step.Tensor} {step.From.Name()} -> {step.To.Name()}";

    private sealed class Bar(ProgressTask task) : IProgress<ConversionStep>
    {
        public void Report(ConversionStep value)
        {
            task.MaxValue = Math.Max(1, value.BytesTotal);
            task.Value = value.BytesWritten;
            task.Description = Markup.Escape(Describe(value));
        }
    }

    private sealed class Lines : IProgress<ConversionStep>
    {
        private int _shown;

        public void Report(ConversionStep value)
        {
            if (value.Index == _shown) return;
            _shown = value.Index;
            Console.Error.WriteLine($"[{value.Index}/{value.Count}] {Describe(value)}");
        }
    }
}
