namespace Puna.Formats.Gguf;

/// <summary>Bounds of the file format, and the few this reader sets itself.</summary>
internal static class GgufLimits
{
    /// <summary>Longest metadata key, in bytes (format).</summary>
    internal const int MaxKeyBytes = 65535;

    /// <summary>Longest tensor name, in bytes (format: shorter than 64).</summary>
    internal const int MaxTensorNameBytes = 63;

    /// <summary>Most dimensions of a tensor (format).</summary>
    internal const int MaxDimensions = 4;

    /// <summary>Alignment of tensor data where the file does not state one (format).</summary>
    internal const int DefaultAlignment = 32;

    /// <summary>Smallest alignment (format: a multiple of 8).</summary>
    internal const int MinAlignment = 8;

    /// <summary>Largest alignment accepted here; nobody pads tensors to more than huge pages.</summary>
    internal const int MaxAlignment = 1 << 21;

    /// <summary>Largest single metadata value accepted here, in bytes; the largest real vocabularies take 10 MB.</summary>
    internal const int MaxValueBytes = 1 << 30;

    /// <summary>Fewest bytes a metadata entry can take: key length, a key of one byte, value type, a value of one byte.</summary>
    internal const int MinEntryBytes = 8 + 1 + 4 + 1;

    /// <summary>Fewest bytes a tensor info can take: name length, one byte of name, one dimension, type, offset.</summary>
    internal const int MinTensorInfoBytes = 8 + 1 + 4 + 8 + 4 + 8;
}
