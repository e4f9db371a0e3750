using System.Text.Json;

namespace Puna.Evaluation.Grading.Fields;

/// <summary>Follows a JSON schema beside the values it describes.</summary>
internal readonly struct FieldSchema
{
    private readonly JsonElement _root;
    private readonly JsonElement _node;

    private FieldSchema(JsonElement root, JsonElement node) => (_root, _node) = (root, Resolve(root, node));

    /// <summary>A schema's root; the default value stands for no schema.</summary>
    public static FieldSchema Of(JsonElement root) => new(root, root);

    public FieldSchema Property(string name) =>
        _node.ValueKind == JsonValueKind.Object && _node.TryGetProperty("properties", out JsonElement properties) && properties.ValueKind == JsonValueKind.Object
        && properties.TryGetProperty(name, out JsonElement property) ? new FieldSchema(_root, property) : default;

    public FieldSchema Items() => _node.ValueKind == JsonValueKind.Object && _node.TryGetProperty("items", out JsonElement items) ? new FieldSchema(_root, items) : default;

    /// <summary>How a value here is compared; without a schema the reference's own type says it.</summary>
    public FieldKind Kind(JsonElement gold)
    {
        if (_node.ValueKind == JsonValueKind.Object)
        {
            if (_node.TryGetProperty("enum", out _) || _node.TryGetProperty("const", out _)) return FieldKind.Exact;
            if (Has("format", "date") || Has("format", "date-time")) return FieldKind.Date;
            if (Has("x-match", "text")) return FieldKind.Text;
            if (Has("type", "number") || Has("type", "integer")) return FieldKind.Number;
        }

        return gold.ValueKind switch
        {
            JsonValueKind.Number => FieldKind.Number,
            JsonValueKind.True or JsonValueKind.False => FieldKind.Exact,
            _ => FieldKind.String,
        };
    }

    private bool Has(string name, string value)
    {
        if (!_node.TryGetProperty(name, out JsonElement found)) return false;
        return found.ValueKind == JsonValueKind.Array ? found.EnumerateArray().Any(item => Is(item, value)) : Is(found, value);
    }

    private static bool Is(JsonElement element, string value) => element.ValueKind == JsonValueKind.String && element.GetString() == value;

    // References within the schema; a ring of them ends somewhere on it.
    private static JsonElement Resolve(JsonElement root, JsonElement node)
    {
        for (int hop = 0; hop < 16; hop++)
        {
            if (node.ValueKind != JsonValueKind.Object || !node.TryGetProperty("$ref", out JsonElement reference) || reference.GetString() is not { } path || !path.StartsWith("#/", StringComparison.Ordinal)) return node;
            JsonElement target = root;
            foreach (string part in path[2..].Split('/'))
            {
                if (target.ValueKind != JsonValueKind.Object || !target.TryGetProperty(part, out target)) return node;
            }

            node = target;
        }

        return node;
    }
}
