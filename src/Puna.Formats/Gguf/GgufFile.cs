using System.Diagnostics.CodeAnalysis;
using Puna.Tensors;
using Puna.Tensors.Storage;

namespace Puna.Formats.Gguf;

/// <summary>
/// An open GGUF model of one or several files, version 2 or 3. The files are mapped, their headers validated in full,
/// tensor data neither read nor copied. Metadata and tensors are valid until <see cref="Dispose"/>; the files must not
/// be changed while open. Reading is safe from several threads.
/// </summary>
/// <remarks>Big-endian files (version 3) are read if their tensors are of single-byte types.</remarks>
public sealed class GgufFile : IModelFile
{
    private readonly Dictionary<string, (Tensor Tensor, GgufPart Part)> _byName = new(StringComparer.Ordinal);

    private GgufFile(string path, IReadOnlyList<GgufPart> parts)
    {
        Path = path;
        Parts = parts;

        List<Tensor> tensors = [];
        foreach (GgufPart part in parts)
        {
            FileBytes += part.FileBytes;
            foreach (Tensor tensor in part.Tensors)
            {
                if (!_byName.TryAdd(tensor.Name, (tensor, part)))
                {
                    throw new ModelFileException(part.Path,
                        $"tensor {ModelFileException.Quote(tensor.Name)} is also in {System.IO.Path.GetFileName(_byName[tensor.Name].Part.Path)}",
                        field: tensor.Name, remedy: GgufSplitSet.NotOneSet);
                }

                tensors.Add(tensor);
                TensorBytes += tensor.ByteLength;
            }
        }

        Tensors = tensors;
    }

    /// <summary>The path the model was opened by: any of its parts.</summary>
    public string Path { get; }

    /// <summary>The files of the model in order; one for a model that is not split.</summary>
    public IReadOnlyList<GgufPart> Parts { get; }

    /// <summary>The model's metadata: that of the first part.</summary>
    public GgufMetadata Metadata => Parts[0].Metadata;

    /// <summary>Version of the format of the first part: 2 or 3.</summary>
    public uint Version => Parts[0].Version;

    /// <summary>Alignment of the tensor data of the first part, in bytes.</summary>
    public int Alignment => Parts[0].Alignment;

    /// <summary>All tensors: part by part, in the order of their infos.</summary>
    public IReadOnlyList<Tensor> Tensors { get; }

    /// <summary>Bytes of all tensor data.</summary>
    public long TensorBytes { get; }

    /// <summary>Bytes of all parts on disk.</summary>
    public long FileBytes { get; }

    /// <summary>Opens a model by its file, or by any part of a split set, whose other parts must lie beside it.</summary>
    /// <exception cref="ModelFileException">A file breaks the format, or the parts do not make up one set.</exception>
    /// <exception cref="IOException">The operating system refuses a file.</exception>
    public static GgufFile Open(string path)
    {
        List<NativeStorage> mapped = [];
        try
        {
            return new GgufFile(path, GgufSplitSet.Open(path, mapped));
        }
        catch
        {
            foreach (NativeStorage storage in mapped) storage.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public bool TryGetTensor(string name, [NotNullWhen(true)] out Tensor? tensor)
    {
        bool found = _byName.TryGetValue(name, out (Tensor Tensor, GgufPart Part) entry);
        tensor = found ? entry.Tensor : null;
        return found;
    }

    /// <summary>The tensor of this name.</summary>
    /// <exception cref="ModelFileException">There is none.</exception>
    public Tensor GetTensor(string name) => Find(name).Tensor;

    /// <inheritdoc/>
    public unsafe TensorLocation Locate(string name)
    {
        (Tensor tensor, GgufPart part) = Find(name);
        return new TensorLocation(part.Path, tensor.Data - part.Storage.Pointer, tensor.ByteLength);
    }

    /// <summary>Unmaps the files. Every tensor and every span taken from this model is invalid afterwards.</summary>
    public void Dispose()
    {
        foreach (GgufPart part in Parts) part.Storage.Dispose();
    }

    private (Tensor Tensor, GgufPart Part) Find(string name) =>
        _byName.TryGetValue(name, out (Tensor, GgufPart) entry) ? entry : throw new ModelFileException(
            Path, $"tensor {ModelFileException.Quote(name)} is missing", field: name,
            remedy: "The file is incomplete or of another architecture.");
}
