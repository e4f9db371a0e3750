namespace Puna.Formats;

/// <summary>Where the data of a tensor lies on disk.</summary>
/// <param name="Path">The file (the part or shard) that holds it.</param>
/// <param name="Offset">First byte, counted from the start of that file.</param>
/// <param name="Bytes">Size of the data, in bytes.</param>
public readonly record struct TensorLocation(string Path, long Offset, long Bytes);
