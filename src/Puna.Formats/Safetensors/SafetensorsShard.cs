using Puna.Tensors.Storage;

namespace Puna.Formats.Safetensors;

/// <summary>One mapped safetensors file with its validated header.</summary>
internal sealed record SafetensorsShard(
    string Path,
    NativeStorage Storage,
    IReadOnlyList<SafetensorsEntry> Entries,
    IReadOnlyDictionary<string, string> Metadata);
