using Puna.Formats;
using Puna.Formats.Gguf;
using Puna.Loading;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Conversion;

/// <summary>
/// Writes a model as one GGUF file in the element types of a recipe: GGUF files (also split ones) are quantized, Hugging
/// Face safetensors converted. Tensors stream through in blocks of rows, so memory stays small for models of any size.
/// </summary>
public static class ModelConverter
{
    /// <summary>Room for header and file system beside the tensor data.</summary>
    private const long SpareBytes = 64 << 20;

    /// <summary>Converts a model.</summary>
    /// <param name="input">A GGUF file (any part of a split), or a safetensors directory.</param>
    /// <param name="output">File to write; it appears only when whole.</param>
    /// <param name="recipe">Which type each tensor gets.</param>
    /// <param name="options">Threads and permissions.</param>
    /// <param name="progress">Told of every step, on the calling thread.</param>
    /// <param name="cancellation">Stops the work and removes what was written.</param>
    /// <exception cref="ConversionException">The output exists or is the input, the disk is too small, or weights do not fit the types.</exception>
    /// <exception cref="FileNotFoundException">There is no such input.</exception>
    /// <exception cref="Formats.ModelFileException">The input is malformed.</exception>
    /// <exception cref="IOException">The output cannot be written.</exception>
    public static ConversionResult Convert(string input, string output, QuantizationRecipe recipe, ConversionOptions? options = null,
        IProgress<ConversionStep>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        options ??= new ConversionOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Threads ?? 1, 1, nameof(options));

        using ConversionPlan plan = ModelFile.IsSafetensors(input) ? SafetensorsConversion.Plan(input, recipe) : PlanGguf(input, recipe);
        CheckOutput(output, plan, options);
        if (!options.AllowRequantize && plan.Tensors.FirstOrDefault(t => t.IsRequantized) is { } lossy)
        {
            throw new ConversionException(
                $"{input}: {lossy.Name} is already quantized ({lossy.Rows.StoredType.Name()}); making it {lossy.Type.Name()} would add a second rounding to the first. "
                + "Start from an F32, F16 or BF16 file of the model, or allow it with --allow-requantize.");
        }

        CheckSpace(output, plan.Bytes);
        using GgufWriter writer = GgufWriter.Create(output);
        plan.AddMetadata(writer);
        foreach (PlannedTensor tensor in plan.Tensors) writer.DeclareTensor(tensor.Name, tensor.Type, tensor.Shape);

        TensorConverter converter = new(options.Threads ?? Environment.ProcessorCount);
        long bytesWritten = 0;
        for (int i = 0; i < plan.Tensors.Count; i++)
        {
            PlannedTensor tensor = plan.Tensors[i];
            Report(0);
            converter.Convert(tensor, writer, Report, cancellation);

            void Report(long bytes)
            {
                bytesWritten += bytes;
                progress?.Report(new ConversionStep(i + 1, plan.Tensors.Count, tensor.Name, tensor.Rows.StoredType, tensor.Type, bytesWritten, plan.Bytes));
            }
        }

        cancellation.ThrowIfCancellationRequested();
        writer.Complete();
        return new ConversionResult(output, plan.Tensors.Count, plan.Tensors.Sum(t => t.Rows.RowLength * t.Rows.Count), plan.Tensors.Sum(t => t.Rows.StoredBytes),
            plan.Bytes, plan.Tensors.GroupBy(t => t.Type).ToDictionary(g => g.Key, g => g.Sum(t => t.Bytes)), plan.LeftOut);
    }

    private static ConversionPlan PlanGguf(string input, QuantizationRecipe recipe)
    {
        ModelFile.RequireFile(input);
        return GgufConversion.Plan(input, recipe);
    }

    private static void CheckOutput(string output, ConversionPlan plan, ConversionOptions options)
    {
        string target = RealPath(output);
        StringComparison comparison = OperatingSystem.IsLinux() ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
        if (plan.SourceFiles.Any(source => string.Equals(RealPath(source), target, comparison)))
            throw new ConversionException($"{output}: this is the file that is read. Choose another name for the output.");
        if (File.Exists(output) && !options.Overwrite)
            throw new ConversionException($"{output}: the file exists already. Choose another name, or replace it with --force.");
    }

    /// <summary>The full path with a link at its end followed.</summary>
    private static string RealPath(string path) =>
        File.Exists(path) && new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true) is { } target ? target.FullName : Path.GetFullPath(path);

    private static void CheckSpace(string output, long bytes)
    {
        string? folder = Path.GetDirectoryName(Path.GetFullPath(output));
        if (!Directory.Exists(folder)) return; // creating the file says so

        long free = new DriveInfo(folder).AvailableFreeSpace;
        if (free < bytes + SpareBytes)
        {
            throw new IOException(FormattableString.Invariant(
                $"{output}: the file will take {bytes / 1e9:F2} GB and the disk has {free / 1e9:F2} GB free. Make room, choose another disk or a type with fewer bits."));
        }
    }
}
