using System.Text.Json;
using Puna.Chat;
using Puna.Chat.Tools;

namespace Puna.Prompting;

/// <summary>
/// The schema of an answer that is a call: <c>{"name": …, "parameters": …}</c>, the form that is JSON throughout, so that one
/// constraint holds name and arguments.
/// </summary>
internal static class ToolCallSchema
{
    /// <summary>Words beside which <c>properties</c> does not say alone which arguments there are.</summary>
    private static readonly string[] OtherArguments =
    [
        "additionalProperties", "unevaluatedProperties", "patternProperties", "$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "dependentSchemas",
    ];

    /// <summary>A call of one of <paramref name="tools"/>; or, where <paramref name="answer"/> is given, JSON that is valid under it.</summary>
    internal static string Write(IReadOnlyList<ToolDefinition> tools, JsonElement? answer = null) => JsonWriting.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteStartArray("anyOf");
        for (int i = 0; i < tools.Count; i++) WriteCall(writer, tools[i], $"tool:/{i}");
        if (answer is { } schema) WriteSchema(writer, schema, "answer:/", isArguments: false);
        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    /// <summary>A tool's arguments alone.</summary>
    internal static string WriteArguments(ToolDefinition tool) => JsonWriting.Write(writer => WriteSchema(writer, tool.Parameters, "tool:/", isArguments: true));

    private static void WriteCall(Utf8JsonWriter writer, ToolDefinition tool, string id)
    {
        writer.WriteStartObject();
        writer.WriteString("type", "object");
        writer.WriteStartObject("properties");
        writer.WriteStartObject("name");
        writer.WriteString("const", tool.Name);
        writer.WriteEndObject();
        writer.WritePropertyName("parameters");
        WriteSchema(writer, tool.Parameters, id, isArguments: true);
        writer.WriteEndObject();
        writer.WriteStartArray("required");
        writer.WriteStringValue("name");
        writer.WriteStringValue("parameters");
        writer.WriteEndArray();
        writer.WriteBoolean("additionalProperties", false);
        writer.WriteEndObject();
    }

    /// <summary>
    /// Copies a schema as a document of its own, so that its references mean what they meant. Of arguments, those that it does
    /// not name are left out: they would be valid, and mean nothing to the function.
    /// </summary>
    private static void WriteSchema(Utf8JsonWriter writer, JsonElement schema, string id, bool isArguments)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            schema.WriteTo(writer); // true or false
            return;
        }

        writer.WriteStartObject();
        if (!schema.TryGetProperty("$id", out _)) writer.WriteString("$id", id);
        if (isArguments && !schema.TryGetProperty("type", out _)) writer.WriteString("type", "object");
        foreach (JsonProperty property in schema.EnumerateObject())
        {
            if (property.Name != "$schema") property.WriteTo(writer);
        }

        if (isArguments && schema.TryGetProperty("properties", out _) && !OtherArguments.Any(word => schema.TryGetProperty(word, out _)))
            writer.WriteBoolean("additionalProperties", false);
        writer.WriteEndObject();
    }
}
