using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Puna.Formats.Safetensors;

/// <summary>
/// The <c>config.json</c> beside safetensors weights, with typed access. Names are dotted paths, such as
/// <c>rope_scaling.factor</c>. Each is looked up in <c>text_config</c> first, where multimodal models keep the language
/// model's numbers, then in the section itself. A JSON null counts as absent; see <see cref="IsNull"/>. Immutable.
/// </summary>
public sealed class HuggingFaceConfig
{
    private const int MaxBytes = 16 << 20;
    private const string FileName = "config.json";
    private const string TextSection = "text_config";

    private readonly JsonElement _root;

    private HuggingFaceConfig(string file, string jsonPath, JsonElement root)
    {
        File = file;
        JsonPath = jsonPath;
        _root = root;
    }

    /// <summary>Path of the file.</summary>
    public string File { get; }

    /// <summary>Where in the file this section lies: <c>$</c> for the whole.</summary>
    public string JsonPath { get; }

    /// <summary>The <c>quantization_config</c> object as it is, or null: how FP8 or int4 weights are packed.</summary>
    public JsonElement? QuantizationConfig => Find("quantization_config") is (JsonElement value, _) ? value : null;

    /// <summary>Opens a <c>config.json</c>, or the one in a folder.</summary>
    /// <exception cref="ModelFileException">The file is absent, longer than 16 MiB, damaged, or not a JSON object.</exception>
    /// <exception cref="IOException">The operating system refuses the file.</exception>
    public static HuggingFaceConfig Open(string directoryOrFile)
    {
        string file = Directory.Exists(directoryOrFile) ? Path.Combine(directoryOrFile, FileName) : directoryOrFile;
        if (!System.IO.File.Exists(file))
            throw new ModelFileException(file, "there is no such file", remedy: $"{FileName} says what network the weights belong to: download it into their folder.");

        return new HuggingFaceConfig(file, "$", JsonFile.ReadObject(file, MaxBytes));
    }

    /// <summary>Parses a configuration already in memory.</summary>
    /// <param name="file">Path to name in errors.</param>
    /// <param name="utf8">The JSON text.</param>
    /// <exception cref="ModelFileException">The text is damaged or not a JSON object.</exception>
    public static HuggingFaceConfig Parse(string file, ReadOnlyMemory<byte> utf8) => new(file, "$", JsonFile.ParseObject(file, utf8));

    /// <summary>The value as JSON, or null when the name is absent or null.</summary>
    public JsonElement? GetElement(string name) => Find(name) is (JsonElement value, _) ? value : null;

    /// <summary>True when the name is present and not null.</summary>
    public bool Contains(string name) => Find(name) is not null;

    /// <summary>True when the name is present with the value null, which for some names differs from being absent.</summary>
    public bool IsNull(string name) => Lookup(name) is (JsonElement { ValueKind: JsonValueKind.Null }, _);

    /// <summary>A nested object, such as <c>vision_config</c>, as a configuration of its own.</summary>
    public bool TryGetSection(string name, [NotNullWhen(true)] out HuggingFaceConfig? section)
    {
        section = null;
        if (Find(name) is not (JsonElement value, string path)) return false;
        if (value.ValueKind != JsonValueKind.Object) throw WrongType(path, value, "an object");

        section = new HuggingFaceConfig(File, path, value);
        return true;
    }

    public int GetInt32(string name) => TryGetInt32(name, out int value) ? value : throw Missing(name);

    public bool TryGetInt32(string name, out int value)
    {
        bool found = TryGetInteger(name, int.MinValue, int.MaxValue, out long wide);
        value = (int)wide;
        return found;
    }

    public long GetInt64(string name) => TryGetInt64(name, out long value) ? value : throw Missing(name);

    public bool TryGetInt64(string name, out long value) => TryGetInteger(name, long.MinValue, long.MaxValue, out value);

    public double GetFloat64(string name) => TryGetFloat64(name, out double value) ? value : throw Missing(name);

    public bool TryGetFloat64(string name, out double value)
    {
        value = 0;
        if (Find(name) is not (JsonElement found, string path)) return false;

        value = ToFloat(path, found);
        return true;
    }

    public bool GetBool(string name) => TryGetBool(name, out bool value) ? value : throw Missing(name);

    public bool TryGetBool(string name, out bool value)
    {
        value = false;
        if (Find(name) is not (JsonElement found, string path)) return false;
        if (found.ValueKind is not (JsonValueKind.True or JsonValueKind.False)) throw WrongType(path, found, "true or false");

        value = found.GetBoolean();
        return true;
    }

    public string GetString(string name) => TryGetString(name, out string? value) ? value : throw Missing(name);

    public bool TryGetString(string name, [NotNullWhen(true)] out string? value)
    {
        value = null;
        if (Find(name) is not (JsonElement found, string path)) return false;

        value = ToText(path, found);
        return true;
    }

    /// <summary>A list of integers; a lone integer counts as a list of one, as in <c>eos_token_id</c>.</summary>
    public int[] GetInt32Array(string name) => ToArray(name, lone: JsonValueKind.Number,
        static (config, path, item) => (int)config.ToInteger(path, item, int.MinValue, int.MaxValue)) ?? throw Missing(name);

    /// <inheritdoc cref="GetInt32Array"/>
    public bool TryGetInt32Array(string name, [NotNullWhen(true)] out int[]? value) => (value = Contains(name) ? GetInt32Array(name) : null) is not null;

    /// <summary>A list of numbers; a lone number counts as a list of one.</summary>
    public double[] GetFloat64Array(string name) => ToArray(name, lone: JsonValueKind.Number,
        static (config, path, item) => config.ToFloat(path, item)) ?? throw Missing(name);

    /// <inheritdoc cref="GetFloat64Array"/>
    public bool TryGetFloat64Array(string name, [NotNullWhen(true)] out double[]? value) => (value = Contains(name) ? GetFloat64Array(name) : null) is not null;

    /// <summary>A list of strings; a lone string counts as a list of one.</summary>
    public string[] GetStringArray(string name) => ToArray(name, lone: JsonValueKind.String,
        static (config, path, item) => config.ToText(path, item)) ?? throw Missing(name);

    /// <inheritdoc cref="GetStringArray"/>
    public bool TryGetStringArray(string name, [NotNullWhen(true)] out string[]? value) => (value = Contains(name) ? GetStringArray(name) : null) is not null;

    private (JsonElement Value, string Path)? Find(string name) =>
        Lookup(name) is (JsonElement { ValueKind: not JsonValueKind.Null }, _) found ? found : null;

    private (JsonElement Value, string Path)? Lookup(string name) =>
        _root.TryGetProperty(TextSection, out JsonElement text) && text.ValueKind == JsonValueKind.Object
            && Descend(text, $"{JsonPath}.{TextSection}", name) is (JsonElement, string) nested
                ? nested
                : Descend(_root, JsonPath, name);

    private static (JsonElement Value, string Path)? Descend(JsonElement at, string path, string name)
    {
        foreach (string step in name.Split('.'))
        {
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(step, out at)) return null;
            path = $"{path}.{step}";
        }

        return (at, path);
    }

    private bool TryGetInteger(string name, long min, long max, out long value)
    {
        value = 0;
        if (Find(name) is not (JsonElement found, string path)) return false;

        value = ToInteger(path, found, min, max);
        return true;
    }

    /// <summary>A whole number, also if written as <c>8192.0</c>.</summary>
    private long ToInteger(string path, JsonElement value, long min, long max)
    {
        const double Exact = 1L << 53; // up to here a float64 holds every integer
        if (value.ValueKind != JsonValueKind.Number) throw WrongType(path, value, "an integer");
        if (!value.TryGetInt64(out long integer))
        {
            if (!value.TryGetDouble(out double real) || real != Math.Floor(real) || Math.Abs(real) > Exact) throw WrongType(path, value, "an integer");
            integer = (long)real;
        }

        return integer >= min && integer <= max ? integer : throw WrongType(path, value, $"an integer from {min} to {max}");
    }

    private double ToFloat(string path, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double real) && double.IsFinite(real)
            ? real
            : throw WrongType(path, value, "a finite number");

    private string ToText(string path, JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? JsonFile.Text(File, path, value) : throw WrongType(path, value, "a string");

    private T[]? ToArray<T>(string name, JsonValueKind lone, Func<HuggingFaceConfig, string, JsonElement, T> convert)
    {
        if (Find(name) is not (JsonElement found, string path)) return null;
        if (found.ValueKind == lone) return [convert(this, path, found)];
        if (found.ValueKind != JsonValueKind.Array) throw WrongType(path, found, "a list");

        T[] items = new T[found.GetArrayLength()];
        for (int i = 0; i < items.Length; i++) items[i] = convert(this, $"{path}[{i}]", found[i]);
        return items;
    }

    private ModelFileException Missing(string name) => new(
        File, $"{JsonPath}.{name} is {(IsNull(name) ? "null" : "missing")}", field: $"{JsonPath}.{name}",
        remedy: "The configuration is incomplete or of another architecture.");

    private ModelFileException WrongType(string path, JsonElement value, string wanted)
    {
        string found = value.ValueKind is JsonValueKind.Number ? value.GetRawText() : $"a JSON {value.ValueKind}";
        return new ModelFileException(File, $"{path} is {found}, wanted {wanted}", field: path, found: found, limit: wanted,
            remedy: "The configuration is damaged or of another architecture.");
    }
}
