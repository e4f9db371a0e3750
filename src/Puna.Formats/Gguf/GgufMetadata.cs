using System.Diagnostics.CodeAnalysis;

namespace Puna.Formats.Gguf;

/// <summary>
/// The key–value pairs of a GGUF file, in file order, with typed access. Getters of integers accept any stored integer
/// type whose value fits, getters of floats both float types. <c>TryGet…</c> is false only for an absent key: a value of
/// the wrong type is an error either way. Safe from several threads; valid while the file is open.
/// </summary>
public sealed partial class GgufMetadata
{
    private readonly string _file;
    private readonly Dictionary<string, GgufMetadataEntry> _byKey;

    internal GgufMetadata(string file, List<GgufMetadataEntry> entries, Dictionary<string, GgufMetadataEntry> byKey)
    {
        _file = file;
        Entries = entries;
        _byKey = byKey;
    }

    /// <summary>All pairs in file order.</summary>
    public IReadOnlyList<GgufMetadataEntry> Entries { get; }

    /// <summary>True when the key is present, whatever its type.</summary>
    public bool Contains(string key) => _byKey.ContainsKey(key);

    /// <summary>Finds a pair by its exact key.</summary>
    public bool TryGetEntry(string key, [NotNullWhen(true)] out GgufMetadataEntry? entry) => _byKey.TryGetValue(key, out entry);

    /// <summary>The pair of this key.</summary>
    /// <exception cref="ModelFileException">The key is absent.</exception>
    public GgufMetadataEntry GetEntry(string key) =>
        TryGetEntry(key, out GgufMetadataEntry? entry) ? entry : throw new ModelFileException(
            _file, $"metadata key {ModelFileException.Quote(key)} is missing", field: key,
            remedy: "The file is incomplete or of another architecture: convert it again with a current converter.");
}
