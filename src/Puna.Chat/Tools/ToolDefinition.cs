using System.Text.Json;

namespace Puna.Chat.Tools;

/// <summary>A function that a model may call: what it is shown of it. Checked when made, so that nothing malformed reaches a prompt.</summary>
public sealed class ToolDefinition
{
    /// <summary>Longest name, in characters.</summary>
    public const int MaxNameLength = 128;

    /// <summary>Longest schema, in characters of JSON.</summary>
    public const int MaxSchemaLength = 1 << 18;

    /// <summary>Deepest nesting of a schema.</summary>
    public const int MaxSchemaDepth = 48;

    private static readonly JsonElement NoParameters = JsonElement.Parse("""{"type": "object", "properties": {}}""");

    /// <summary>Defines a tool.</summary>
    /// <param name="name">1 to <see cref="MaxNameLength"/> ASCII letters, digits, <c>_</c>, <c>-</c> and <c>.</c></param>
    /// <param name="description">What it does, for the model; null for nothing.</param>
    /// <param name="parameters">JSON Schema of an object, a property per argument; null for no arguments.</param>
    /// <exception cref="ToolDefinitionException">The name or the schema is malformed.</exception>
    public ToolDefinition(string name, string? description = null, JsonElement? parameters = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length is 0 or > MaxNameLength || !name.All(IsNameCharacter))
            throw new ToolDefinitionException("name", $"is '{name}'; 1 to {MaxNameLength} letters, digits, '_', '-' and '.' are allowed.");

        Name = name;
        Description = description ?? "";
        Parameters = parameters is null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined or JsonValueKind.True } ? NoParameters : Checked(parameters.Value);
    }

    /// <summary>Name that calls are made by.</summary>
    public string Name { get; }

    /// <summary>What it does; empty where nothing was said.</summary>
    public string Description { get; }

    /// <summary>JSON Schema of the arguments: an object's.</summary>
    public JsonElement Parameters { get; }

    /// <summary>The definition as chat templates read it: <c>{"type": "function", "function": {"name", "description", "parameters"}}</c>.</summary>
    public JsonElement ToJson() => JsonWriting.Build(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("type", "function");
        writer.WriteStartObject("function");
        writer.WriteString("name", Name);
        if (Description.Length > 0) writer.WriteString("description", Description);
        writer.WritePropertyName("parameters");
        Parameters.WriteTo(writer);
        writer.WriteEndObject();
        writer.WriteEndObject();
    });

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.';

    private static JsonElement Checked(JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object) throw new ToolDefinitionException("parameters", $"is {Kind(schema)}; a JSON Schema object is needed.");

        string text = schema.GetRawText();
        if (text.Length > MaxSchemaLength) throw new ToolDefinitionException("parameters", $"has {text.Length} characters; at most {MaxSchemaLength} are allowed. Leave out what the model need not read.");
        CheckTree(schema, "parameters", MaxSchemaDepth);
        if (schema.TryGetProperty("type", out JsonElement type) && !(type.ValueKind == JsonValueKind.String && type.ValueEquals("object")))
            throw new ToolDefinitionException("parameters.type", $"is {type.GetRawText()}; arguments have names, so \"object\" is needed.");
        if (schema.TryGetProperty("properties", out JsonElement properties))
        {
            if (properties.ValueKind != JsonValueKind.Object) throw new ToolDefinitionException("parameters.properties", $"is {Kind(properties)}; an object of schemas is needed.");
            foreach (JsonProperty property in properties.EnumerateObject())
            {
                if (property.Value.ValueKind is not (JsonValueKind.Object or JsonValueKind.True or JsonValueKind.False))
                    throw new ToolDefinitionException($"parameters.properties.{property.Name}", $"is {Kind(property.Value)}; a schema is needed.");
            }
        }

        if (schema.TryGetProperty("required", out JsonElement required)
            && (required.ValueKind != JsonValueKind.Array || required.EnumerateArray().Any(name => name.ValueKind != JsonValueKind.String)))
            throw new ToolDefinitionException("parameters.required", "is no list of names.");
        return schema.Clone();
    }

    /// <summary>Bounds the depth and reads every text, since JSON can spell halves of surrogate pairs, which are none.</summary>
    private static void CheckTree(JsonElement value, string place, int depth)
    {
        if (depth == 0) throw new ToolDefinitionException("parameters", $"is nested more than {MaxSchemaDepth} deep.");
        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement item in value.EnumerateArray()) CheckTree(item, place, depth - 1);
            return;
        }

        try
        {
            if (value.ValueKind == JsonValueKind.String) _ = value.GetString();
            if (value.ValueKind != JsonValueKind.Object) return;
            foreach (JsonProperty property in value.EnumerateObject()) CheckTree(property.Value, $"{place}.{property.Name}", depth - 1);
        }
        catch (InvalidOperationException)
        {
            throw new ToolDefinitionException(place, "has a string with half of a surrogate pair, such as a cut emoji.");
        }
    }

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };
}
