using System.CommandLine;
using Puna.Cli.Usage;
using Puna.Conversion;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Cli.Commands;

/// <summary><c>puna quantize</c>: a model in other element types, as one GGUF file.</summary>
internal static class QuantizeCommand
{
    internal static Command Create()
    {
        Argument<string> input = new("in") { Description = "A GGUF file (any part of a split) or a safetensors directory" };
        Argument<string> output = new("out") { Description = "GGUF file to write" };
        Option<string> type = new("--type") { Description = $"What the weights become: {string.Join(", ", QuantizationRecipe.All.Select(r => r.Name))}", Required = true, HelpName = "type" };
        Option<int?> threads = new("--threads", "-t") { Description = "Threads to work with (default: one per processor); the file is the same for any number" };
        Option<bool> force = new("--force") { Description = "Replace an existing file, once the new one is whole" };
        Option<bool> allowRequantize = new("--allow-requantize") { Description = "Accept weights that are quantized already; the result is worse than from the original weights" };
        Command command = new("quantize", "Write a model with fewer bits per weight, or convert safetensors to GGUF") { input, output, type, threads, force, allowRequantize };
        command.SetAction((parsed, cancellation) => ExitCode.Guard(() =>
        {
            string name = parsed.GetRequiredValue(type);
            if (!QuantizationRecipe.TryParse(name, out QuantizationRecipe? recipe))
                throw new UsageException($"--type {name}: choose one of {string.Join(", ", QuantizationRecipe.All.Select(r => r.Name))}.");
            parsed.RequireAtLeast(1, threads);

            ConversionOptions options = new()
            {
                Threads = parsed.GetValue(threads),
                Overwrite = parsed.GetValue(force),
                AllowRequantize = parsed.GetValue(allowRequantize),
            };
            ConversionResult result = ConversionDisplay.Run(progress =>
                ModelConverter.Convert(parsed.GetRequiredValue(input), parsed.GetRequiredValue(output), recipe, options, progress, cancellation));
            Report(result);
        }));
        return command;
    }

    private static void Report(ConversionResult result)
    {
        string types = string.Join(", ", result.BytesByType.OrderByDescending(t => t.Value).Select(t => $"{t.Key.Name()} {ByteSize.Text(t.Value)}"));
        Console.WriteLine(FormattableString.Invariant(
            $"{result.Path}: {result.Tensors} tensors, {ByteSize.Text(result.SourceBytes)} -> {ByteSize.Text(result.Bytes)}, {result.BitsPerWeight:F2} bits per weight ({types})"));
        if (result.LeftOut.Count > 0)
            Console.Error.WriteLine($"{result.LeftOut.Count} tensors that are not of the language model were left out ({result.LeftOut[0]}, …).");
    }
}
