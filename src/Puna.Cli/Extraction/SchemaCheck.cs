using System.Text.Json;
using System.Text.Json.Nodes;

namespace Puna.Cli.Extraction;

/// <summary>
/// Checks an answer against the parts of a JSON Schema that say what type a value has: type, enum, properties, required,
/// additionalProperties: false, items. Other keywords are not looked at.
/// </summary>
internal static class SchemaCheck
{
    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "type", "enum", "properties", "required", "additionalProperties", "items", "title", "description", "$schema", "$id", "default", "examples",
    };

    /// <summary>What makes a schema's checked keywords unreadable, with its place; null where nothing does.</summary>
    internal static string? Fault(JsonNode? schema, string place = "")
    {
        if (schema is not JsonObject keywords) return null;

        if (keywords["type"] is { } type && !(type is JsonArray names ? names.All(IsText) : IsText(type))) return $"'{place}/type' is no name of a type, or list of names";
        if (keywords.ContainsKey("required") && !(keywords["required"] is JsonArray required && required.All(IsText))) return $"'{place}/required' is no list of names";
        return (keywords["properties"] as JsonObject ?? []).Select(p => Fault(p.Value, $"{place}/properties/{p.Key}")).Append(Fault(keywords["items"], $"{place}/items")).FirstOrDefault(f => f is not null);

        static bool IsText(JsonNode? node) => node?.GetValueKind() == JsonValueKind.String;
    }

    /// <summary>Keywords of the schema that are not checked, once each.</summary>
    internal static IEnumerable<string> Unchecked(JsonNode? schema)
    {
        if (schema is not JsonObject keywords) return [];

        IEnumerable<string> own = keywords.Where(k => !Known.Contains(k.Key) || (k.Key == "additionalProperties" && k.Value is JsonObject)).Select(k => k.Key);
        IEnumerable<string> below = (keywords["properties"] as JsonObject ?? []).SelectMany(p => Unchecked(p.Value));
        return own.Concat(below).Concat(Unchecked(keywords["items"])).Distinct(StringComparer.Ordinal);
    }

    /// <summary>What is wrong with a value, with the JSON Pointer of the place; nothing when it fits.</summary>
    internal static IEnumerable<string> Problems(JsonNode? value, JsonNode? schema, string place = "")
    {
        if (schema is not JsonObject keywords) yield break;

        if (keywords["type"] is { } type && !Types(type).Any(name => IsOfType(value, name)))
            yield return $"'{place}' is {Describe(value)}, not {string.Join(" or ", Types(type))}";
        if (keywords["enum"] is JsonArray choices && !choices.Any(choice => JsonNode.DeepEquals(choice, value)))
            yield return $"'{place}' is none of the values of its enum";
        if (value is JsonObject members)
        {
            foreach (string name in (keywords["required"] as JsonArray ?? []).Select(n => n!.GetValue<string>()).Where(n => !members.ContainsKey(n)))
                yield return $"'{place}/{name}' is missing";
            JsonObject properties = keywords["properties"] as JsonObject ?? [];
            foreach ((string name, JsonNode? member) in members)
            {
                if (properties.TryGetPropertyValue(name, out JsonNode? own))
                    foreach (string problem in Problems(member, own, $"{place}/{name}")) yield return problem;
                else if (keywords["additionalProperties"] is JsonValue closed && closed.GetValueKind() == JsonValueKind.False)
                    yield return $"'{place}/{name}' is not in the schema";
            }
        }
        else if (value is JsonArray elements)
        {
            for (int i = 0; i < elements.Count; i++)
                foreach (string problem in Problems(elements[i], keywords["items"], $"{place}/{i}")) yield return problem;
        }
    }

    private static IEnumerable<string> Types(JsonNode type) => type is JsonArray several ? several.Select(t => t!.GetValue<string>()) : [type.GetValue<string>()];

    private static bool IsOfType(JsonNode? value, string name) => (name, value?.GetValueKind() ?? JsonValueKind.Null) switch
    {
        ("integer", JsonValueKind.Number) => value!.GetValue<double>() is var number && number == Math.Floor(number),
        ("boolean", JsonValueKind.True or JsonValueKind.False) => true,
        (_, var kind) => string.Equals(name, kind.ToString(), StringComparison.OrdinalIgnoreCase),
    };

    private static string Describe(JsonNode? value) => (value?.GetValueKind() ?? JsonValueKind.Null).ToString().ToLowerInvariant();
}
