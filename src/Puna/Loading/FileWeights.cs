using System.Diagnostics.CodeAnalysis;
using Puna.Formats;
using Puna.Models;
using Puna.Tensors;

namespace Puna.Loading;

/// <summary>The tensors of an open model file as weights.</summary>
/// <param name="file">The open file, which outlives this.</param>
public sealed class FileWeights(IModelFile file) : IWeightSource
{
    /// <inheritdoc/>
    public string Origin => file.Path;

    /// <inheritdoc/>
    public IEnumerable<string> Names => file.Tensors.Select(t => t.Name);

    /// <inheritdoc/>
    public bool TryGet(string name, [NotNullWhen(true)] out Tensor? tensor) => file.TryGetTensor(name, out tensor);
}
