using System.Diagnostics.CodeAnalysis;
using Puna.Tensors;

namespace Puna.Models;

/// <summary>Named tensors of a model, wherever they come from. Tensors stay valid as long as their source is open.</summary>
public interface IWeightSource
{
    /// <summary>Where the weights come from, for messages.</summary>
    string Origin { get; }

    /// <summary>Names of all tensors.</summary>
    IEnumerable<string> Names { get; }

    /// <summary>Looks a tensor up by its exact name.</summary>
    bool TryGet(string name, [NotNullWhen(true)] out Tensor? tensor);
}
