using System.Text;
using System.Text.Json;

namespace Puna.Formats.Safetensors;

/// <summary>Parses the JSON header of a safetensors file. Knows nothing of the data behind it.</summary>
internal ref struct SafetensorsHeaderReader
{
    /// <summary>Dimensions accepted; the format names no limit, and models use at most five.</summary>
    internal const int MaxDimensions = 16;

    private const string MetadataKey = "__metadata__";
    private const string Damaged = "The file is damaged: download it again.";
    private const int HeaderStart = 8; // the header comes after its length

    /// <summary>A tensor as the header states it: sizes outermost first, bytes relative to the data section.</summary>
    internal readonly record struct Item(string Name, string Dtype, long[] Shape, long Begin, long End, long HeaderOffset);

    private readonly string _file;
    private Utf8JsonReader _json;

    private SafetensorsHeaderReader(string file, ReadOnlySpan<byte> utf8)
    {
        _file = file;
        _json = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = 8 });
    }

    /// <summary>Reads the header <paramref name="utf8"/> of <paramref name="file"/>.</summary>
    /// <exception cref="ModelFileException">Not JSON, not of the expected structure, or a name occurs twice.</exception>
    internal static List<Item> Read(string file, ReadOnlySpan<byte> utf8, Dictionary<string, string> metadata)
    {
        SafetensorsHeaderReader reader = new(file, utf8);
        try
        {
            return reader.ReadHeader(metadata);
        }
        catch (JsonException e)
        {
            throw new ModelFileException(file, $"the header is not readable as JSON: {JsonFile.Reason(e)}",
                HeaderStart + JsonFile.OffsetOf(utf8, e), "header", remedy: Damaged, innerException: e);
        }
    }

    private List<Item> ReadHeader(Dictionary<string, string> metadata)
    {
        List<Item> items = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        _json.Read();
        Expect(JsonTokenType.StartObject, "$", "an object");
        while (ReadProperty("$") is string name)
        {
            if (!names.Add(name)) throw Fault("$", $"the name {ModelFileException.Quote(name)} occurs twice", name);

            _json.Read();
            if (name == MetadataKey) ReadMetadata(metadata);
            else items.Add(ReadItem(name));
        }

        _json.Read(); // only white space may follow; the parser refuses the rest
        return items;
    }

    private void ReadMetadata(Dictionary<string, string> metadata)
    {
        Expect(JsonTokenType.StartObject, MetadataKey, "an object");
        while (ReadProperty(MetadataKey) is string key)
        {
            _json.Read();
            Expect(JsonTokenType.String, MetadataKey, "a string for every name");
            if (!metadata.TryAdd(key, Text(MetadataKey))) throw Fault(MetadataKey, $"the name {ModelFileException.Quote(key)} occurs twice", key);
        }
    }

    private Item ReadItem(string name)
    {
        long start = HeaderStart + _json.TokenStartIndex;
        string? dtype = null;
        long[]? shape = null, offsets = null;
        Expect(JsonTokenType.StartObject, name, "an object");
        while (ReadProperty(name) is string field)
        {
            _json.Read();
            switch (field)
            {
                case "dtype" when dtype is null:
                    Expect(JsonTokenType.String, $"{name}.dtype", "a string");
                    dtype = Text($"{name}.dtype");
                    break;
                case "shape" when shape is null:
                    shape = ReadIntegers($"{name}.shape", MaxDimensions);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadIntegers($"{name}.data_offsets", 2);
                    break;
                case "dtype" or "shape" or "data_offsets":
                    throw Fault(name, $"{field} occurs twice", field);
                default:
                    _json.Skip();
                    break;
            }
        }

        if (dtype is null) throw Fault(name, "dtype is missing", "none");
        if (shape is null) throw Fault(name, "shape is missing", "none");
        if (offsets is null || offsets.Length != 2) throw Fault(name, "data_offsets must be two numbers", $"{offsets?.Length ?? 0}");

        return new Item(name, dtype, shape, offsets[0], offsets[1], start);
    }

    private long[] ReadIntegers(string path, int maxCount)
    {
        Expect(JsonTokenType.StartArray, path, "a list");
        List<long> values = new(4);
        while (_json.Read() && _json.TokenType != JsonTokenType.EndArray)
        {
            Expect(JsonTokenType.Number, path, "non-negative integers");
            if (!_json.TryGetInt64(out long value) || value < 0)
            {
                string number = ModelFileException.Quote(Encoding.UTF8.GetString(_json.ValueSpan));
                throw Fault(path, $"{number} is not a whole number from 0 to {long.MaxValue}", number);
            }


            if (values.Count == maxCount) throw Fault(path, $"more than {maxCount} numbers", $"{maxCount + 1} or more");
            values.Add(value);
        }

        return [.. values];
    }

    /// <summary>The next property's name, or null at the end of the object.</summary>
    private string? ReadProperty(string path)
    {
        _json.Read();
        return _json.TokenType == JsonTokenType.PropertyName ? Text(path) : null;
    }

    private readonly string Text(string path)
    {
        try
        {
            return _json.GetString()!;
        }
        catch (InvalidOperationException e) // invalid UTF-8, or half of a surrogate pair
        {
            throw new ModelFileException(_file, $"header {ModelFileException.Quote(path)}: a string is not valid Unicode",
                HeaderStart + _json.TokenStartIndex, path, remedy: Damaged, innerException: e);
        }
    }

    private readonly void Expect(JsonTokenType token, string path, string wanted)
    {
        if (_json.TokenType != token) throw Fault(path, $"wanted {wanted}, found {_json.TokenType}", $"{_json.TokenType}");
    }

    private readonly ModelFileException Fault(string path, string problem, string found) => new(
        _file, $"header {ModelFileException.Quote(path)}: {problem}", HeaderStart + _json.TokenStartIndex, path, found, remedy: Damaged);
}
