using Puna.Tensors;
using Puna.Tensors.Storage;

namespace Puna.Formats.Gguf;

/// <summary>One physical file of a GGUF model: the whole model, or one part of a split set.</summary>
public sealed class GgufPart
{
    internal GgufPart(string path, NativeStorage storage, uint version, bool bigEndian, int alignment, long dataOffset,
        GgufMetadata metadata, IReadOnlyList<Tensor> tensors)
    {
        Path = path;
        Storage = storage;
        Version = version;
        IsBigEndian = bigEndian;
        Alignment = alignment;
        DataOffset = dataOffset;
        Metadata = metadata;
        Tensors = tensors;
    }

    /// <summary>Path of this part.</summary>
    public string Path { get; }

    /// <summary>Version of the format: 2 or 3.</summary>
    public uint Version { get; }

    /// <summary>True when numbers are stored most significant byte first (version 3 only).</summary>
    public bool IsBigEndian { get; }

    /// <summary>Every tensor starts at a multiple of this many bytes from <see cref="DataOffset"/>.</summary>
    public int Alignment { get; }

    /// <summary>First byte of the tensor data.</summary>
    public long DataOffset { get; }

    /// <summary>Bytes of the file.</summary>
    public long FileBytes => Storage.Length;

    /// <summary>This part's own metadata; that of the model is in the first part.</summary>
    public GgufMetadata Metadata { get; }

    /// <summary>This part's tensors, in the order of their infos.</summary>
    public IReadOnlyList<Tensor> Tensors { get; }

    internal NativeStorage Storage { get; }
}
