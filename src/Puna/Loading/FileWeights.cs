using System.Diagnostics.CodeAnalysis;
using Puna.Formats;
using Puna.Models;
using Puna.Tensors;

namespace Puna.Loading;

/// <summary>The tensors of an open model file as weights.</summary>
internal sealed class FileWeights(IModelFile file) : IWeightSource
{
    public string Origin => file.Path;

    public IEnumerable<string> Names => file.Tensors.Select(t => t.Name);

    public bool TryGet(string name, [NotNullWhen(true)] out Tensor? tensor) => file.TryGetTensor(name, out tensor);
}
