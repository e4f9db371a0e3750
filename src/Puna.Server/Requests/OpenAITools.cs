using System.Text.Json;
using Microsoft.Extensions.AI;
using Puna.Chat.Tools;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server.Requests;

/// <summary>Tools, the choice among them, and the format of answers, as chat completions write them.</summary>
internal static class OpenAITools
{
    /// <summary>Known fields of a schema's holder that need no honouring.</summary>
    internal static OtherFields SchemaOthers { get; } = new(
        OtherField.Ignored("strict", "schemas are always enforced exactly"),
        OtherField.Ignored("description", "the model is not shown the format; say it in words"));

    private const string Wanted = "auto, none, required, or a function by name is needed";

    internal static IList<AITool>? Read(IReadOnlyList<ToolIn>? tools)
    {
        if (tools is not { Count: > 0 }) return null;

        List<AITool> result = [];
        HashSet<string> names = [];
        for (int i = 0; i < tools.Count; i++)
        {
            string place = $"tools[{i}]";
            if (tools[i] is not { } tool) throw ApiException.Invalid(place, $"{place} is null; an object is needed.", "invalid_type");
            OtherFields.None.Check(tool.Others, place);
            if (tool.Type is not "function") throw ApiException.Unsupported($"{place}.type", $"{place}.type is '{tool.Type}'; this server knows function alone.");
            if (tool.Function is not { } function) throw ApiException.Invalid($"{place}.function", $"{place}.function is missing.", "missing_field");
            OtherFields.None.Check(function.Others, $"{place}.function");
            result.Add(Declare(function.Name, function.Description, function.Parameters, "parameters", function.Strict, $"{place}.function", names));
        }

        return result;
    }

    /// <summary>A tool that the client carries out. Its name must not be among those taken, and becomes one.</summary>
    internal static AITool Declare(string? name, string? description, JsonElement? schema, string schemaName, bool? strict, string place, HashSet<string> taken)
    {
        if (!taken.Add(name ?? "")) throw ApiException.Invalid($"{place}.name", $"{place}.name is '{name}', as another tool's. Give each its own.");

        try
        {
            return new DeclaredTool(new ToolDefinition(name ?? "", description, schema), strict == true);
        }
        catch (ToolDefinitionException error)
        {
            string member = error.Member.Replace("parameters", schemaName, StringComparison.Ordinal);
            throw ApiException.Invalid($"{place}.{member}", $"{place}.{member} {error.Reason}");
        }
    }

    /// <summary>A string, or an object that names a function.</summary>
    /// <param name="choice">The field.</param>
    /// <param name="tools">What can be chosen.</param>
    /// <param name="isFlat">The name is in the object itself, as responses have it, and not in a function in it.</param>
    internal static ChatToolMode? ReadChoice(JsonElement? choice, IList<AITool>? tools, bool isFlat = false)
    {
        if (choice is not { } value || value.ValueKind == JsonValueKind.Null) return null;
        if (value.ValueKind == JsonValueKind.String)
        {
            return value.GetString() switch
            {
                "auto" => ChatToolMode.Auto,
                "none" => ChatToolMode.None,
                "required" => RequireAny(tools),
                _ => throw ApiException.Invalid("tool_choice", $"tool_choice is '{value.GetString()}'; {Wanted}."),
            };
        }

        if (value.ValueKind != JsonValueKind.Object) throw ApiException.Invalid("tool_choice", $"tool_choice is {JsonBody.Kind(value)}; {Wanted}.", "invalid_type");
        OnlyFields(value, "tool_choice", "type", isFlat ? "name" : "function");
        if (isFlat) return RequireSpecific(NameIn(value, "tool_choice"), tools);
        if (!value.TryGetProperty("function", out JsonElement function) || function.ValueKind != JsonValueKind.Object) throw ApiException.Invalid("tool_choice.function", $"tool_choice is an object without a function; {Wanted}.", "missing_field");
        OnlyFields(function, "tool_choice.function", "name");
        return RequireSpecific(NameIn(function, "tool_choice.function"), tools);
    }

    private static string NameIn(JsonElement value, string place) => value.TryGetProperty("name", out JsonElement name) && name.ValueKind == JsonValueKind.String
        ? name.GetString()!
        : throw ApiException.Invalid($"{place}.name", $"{place}.name is missing, or no string.", "missing_field");

    internal static ChatToolMode RequireAny(IList<AITool>? tools) =>
        tools is { Count: > 0 } ? ChatToolMode.RequireAny : throw ApiException.Invalid("tool_choice", "tool_choice requires a call, and there are no tools.");

    internal static ChatToolMode RequireSpecific(string name, IList<AITool>? tools) =>
        tools?.Any(t => t.Name == name) == true ? ChatToolMode.RequireSpecific(name) : throw ApiException.Invalid("tool_choice", $"tool_choice names '{name}', which is not among the tools.");

    /// <summary><c>response_format</c> of chat completions.</summary>
    internal static ChatResponseFormat? ReadFormat(ResponseFormatIn? format)
    {
        if (format is null) return null;

        OtherFields.None.Check(format.Others, "response_format");
        switch (format.Type)
        {
            case "text":
                return ChatResponseFormat.Text;
            case "json_object":
                return ChatResponseFormat.Json;
            case "json_schema":
                SchemaOthers.Check(format.JsonSchema?.Others, "response_format.json_schema");
                return Schema(format.JsonSchema?.Schema, format.JsonSchema?.Name, "response_format.json_schema.schema");
            case null:
                throw ApiException.Invalid("response_format.type", "response_format.type is missing: text, json_object or json_schema.", "missing_field");
            default:
                throw ApiException.Invalid("response_format.type", $"response_format.type is '{format.Type}'; allowed: text, json_object, json_schema.");
        }
    }

    /// <summary>A format that a JSON Schema describes.</summary>
    internal static ChatResponseFormat Schema(JsonElement? schema, string? name, string place) => schema switch
    {
        { ValueKind: JsonValueKind.Object or JsonValueKind.True or JsonValueKind.False } given => ChatResponseFormat.ForJsonSchema(given.Clone(), name),
        null or { ValueKind: JsonValueKind.Null } => throw ApiException.Invalid(place, $"{place} is missing: a JSON Schema is needed.", "missing_field"),
        { } wrong => throw ApiException.Invalid(place, $"{place} is {JsonBody.Kind(wrong)}; a JSON Schema is needed.", "invalid_type"),
    };

    /// <summary>Refuses fields of an object that has no record of its own.</summary>
    internal static void OnlyFields(JsonElement value, string place, params ReadOnlySpan<string> known)
    {
        foreach (JsonProperty property in value.EnumerateObject())
        {
            if (!known.Contains(property.Name)) throw OtherFields.Unknown($"{place}.{property.Name}");
        }
    }
}
