using Puna.Formats.Gguf;

namespace Puna.Conversion;

/// <summary>Everything an output file will hold, decided before any of it is written. Owns the open source.</summary>
internal sealed class ConversionPlan(IReadOnlyList<PlannedTensor> tensors, Action<GgufWriter> addMetadata,
    IReadOnlyList<string> sourceFiles, IReadOnlyList<string> leftOut, params IReadOnlyList<IDisposable> owned) : IDisposable
{
    internal IReadOnlyList<PlannedTensor> Tensors => tensors;

    /// <summary>Files that are read, which the output must not replace.</summary>
    internal IReadOnlyList<string> SourceFiles => sourceFiles;

    /// <summary>Tensors of the source that are not converted.</summary>
    internal IReadOnlyList<string> LeftOut => leftOut;

    /// <summary>Tensor bytes of the output.</summary>
    internal long Bytes { get; } = tensors.Sum(t => t.Bytes);

    internal void AddMetadata(GgufWriter writer) => addMetadata(writer);

    public void Dispose()
    {
        foreach (IDisposable resource in owned) resource.Dispose();
    }
}
