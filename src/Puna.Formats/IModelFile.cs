using System.Diagnostics.CodeAnalysis;
using Puna.Tensors;

namespace Puna.Formats;

/// <summary>
/// The tensors of an open model, whatever its file format. The data stays in the mapped files: tensors are valid until
/// the model file is disposed. Reading is safe from several threads; disposing while others read is not.
/// </summary>
public interface IModelFile : IDisposable
{
    /// <summary>The path this model was opened by.</summary>
    string Path { get; }

    /// <summary>The tensors in file order.</summary>
    IReadOnlyList<Tensor> Tensors { get; }

    /// <summary>Bytes of all tensor data.</summary>
    long TensorBytes { get; }

    /// <summary>Finds a tensor by its exact name.</summary>
    /// <exception cref="ModelFileException">The tensor exists but is of a type that no <see cref="ElementType"/> stands for.</exception>
    bool TryGetTensor(string name, [NotNullWhen(true)] out Tensor? tensor);

    /// <summary>Says where a tensor lies on disk.</summary>
    /// <exception cref="ModelFileException">There is no tensor of this name.</exception>
    TensorLocation Locate(string name);
}
