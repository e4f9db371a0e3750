using System.Text.Json;

namespace Puna.Chat.Tools;

/// <summary>Reads calls that are JSON.</summary>
internal static class JsonCalls
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 64, AllowDuplicateProperties = false };

    /// <summary>An object that is a call, or a list of them; null where it is anything else.</summary>
    internal static List<ToolCall>? Parse(string json, IReadOnlySet<string> names)
    {
        if (Read(json) is not { } root) return null;

        List<ToolCall> calls = [];
        foreach (JsonElement item in root.ValueKind == JsonValueKind.Array ? [.. root.EnumerateArray()] : (JsonElement[])[root])
        {
            if (Call(item, names) is not { } call) return null;
            calls.Add(call);
        }

        return calls;
    }

    /// <summary>The arguments alone, of a call whose name is known.</summary>
    internal static List<ToolCall>? Parse(string name, string arguments) =>
        Read(arguments) is { ValueKind: JsonValueKind.Object } json ? [new ToolCall(name, json)] : null;

    private static ToolCall? Call(JsonElement json, IReadOnlySet<string> names)
    {
        if (json.ValueKind != JsonValueKind.Object) return null;

        string? name = null;
        JsonElement? arguments = null;
        foreach (JsonProperty property in json.EnumerateObject())
        {
            switch (property.Name)
            {
                case "name" when property.Value.ValueKind == JsonValueKind.String:
                    name = property.Value.GetString();
                    break;
                case "parameters" or "arguments" when arguments is null && property.Value.ValueKind == JsonValueKind.Object:
                    arguments = property.Value;
                    break;
                case "type" when property.Value.ValueKind == JsonValueKind.String && property.Value.ValueEquals("function"):
                    break;
                default:
                    return null; // some other object, that only begins like a call
            }
        }

        return name is not null && names.Contains(name) && arguments is { } given ? new ToolCall(name, given) : null;
    }

    /// <summary>A value whose every text can be read, or null.</summary>
    internal static JsonElement? Read(string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, Options);
            ReadTexts(document.RootElement);
            return document.RootElement.Clone();
        }
        catch (Exception error) when (error is JsonException or ArgumentException or InvalidOperationException)
        {
            return null; // malformed, or with half of a surrogate pair, as text or as an escape
        }
    }

    private static void ReadTexts(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String) _ = value.GetString();
        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement item in value.EnumerateArray()) ReadTexts(item);
        }

        if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty property in value.EnumerateObject())
            {
                _ = property.Name;
                ReadTexts(property.Value);
            }
        }
    }
}
