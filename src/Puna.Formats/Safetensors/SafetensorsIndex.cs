using System.Buffers;
using System.Text.Json;

namespace Puna.Formats.Safetensors;

/// <summary>The index of a sharded model: which file holds which tensor.</summary>
internal static class SafetensorsIndex
{
    internal const string FileName = "model.safetensors.index.json";
    internal const string Suffix = ".index.json";
    internal const string WeightMapKey = "weight_map";

    /// <summary>Separators and characters that some system gives a meaning to.</summary>
    private static readonly SearchValues<char> Reserved = SearchValues.Create("/\\:*?\"<>|");

    private const int MaxBytes = 100_000_000;
    private const string Damaged = "The index is damaged or belongs to another model: download the model again.";

    /// <summary>Reads an index: tensor name to bare file name, in the order of the file.</summary>
    /// <exception cref="ModelFileException">Not JSON, no weight map, or a shard name that could lead out of the folder.</exception>
    internal static Dictionary<string, string> Read(string path)
    {
        JsonElement root = JsonFile.ReadObject(path, MaxBytes);
        if (!root.TryGetProperty(WeightMapKey, out JsonElement map) || map.ValueKind != JsonValueKind.Object)
            throw new ModelFileException(path, "$.weight_map is missing or not an object", field: "$.weight_map", remedy: Damaged);

        Dictionary<string, string> shards = new(StringComparer.Ordinal);
        foreach (JsonProperty property in map.EnumerateObject())
        {
            string name = property.Name;
            string jsonPath = $"$.weight_map.{name}";
            if (property.Value.ValueKind != JsonValueKind.String)
                throw new ModelFileException(path, $"{ModelFileException.Quote(jsonPath)} is not a string", field: jsonPath, remedy: Damaged);

            string shard = JsonFile.Text(path, jsonPath, property.Value);
            if (!IsBareName(shard))
            {
                throw new ModelFileException(path, $"{ModelFileException.Quote(jsonPath)} names the shard {ModelFileException.Quote(shard)}", field: jsonPath,
                    found: shard, limit: "the bare name of a .safetensors file in the same folder", remedy: "A shard must be a .safetensors file beside the index; do not use this model.");
            }

            shards.Add(name, shard);
        }

        return shards;
    }

    /// <summary>True for a name that stays in its folder on every operating system.</summary>
    private static bool IsBareName(string name) =>
        name.EndsWith(".safetensors", StringComparison.Ordinal)
        && name.AsSpan().IndexOfAny(Reserved) < 0
        && !name.Any(char.IsControl)
        && name[0] != '.';
}
