using System.Text.Json;
using Microsoft.Extensions.AI;
using Puna.Chat.Tools;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server.Requests;

/// <summary>Tools, the choice among them, and the format of answers, as chat completions write them.</summary>
internal static class OpenAITools
{
    /// <summary>Known fields of a function that need no honouring.</summary>
    internal static OtherFields FunctionOthers { get; } = new(
        OtherField.Refused("strict", "arguments cannot be held to a schema yet. Leave it out and check what comes.", "false"));

    internal static IList<AITool>? Read(IReadOnlyList<ToolIn>? tools)
    {
        if (tools is not { Count: > 0 }) return null;

        List<AITool> result = [];
        for (int i = 0; i < tools.Count; i++)
        {
            string place = $"tools[{i}]";
            if (tools[i] is not { } tool) throw ApiException.Invalid(place, $"{place} is null; an object is needed.", "invalid_type");
            OtherFields.None.Check(tool.Others, place);
            if (tool.Type is not "function") throw ApiException.Unsupported($"{place}.type", $"{place}.type is '{tool.Type}'; this server knows function alone.");
            if (tool.Function is not { } function) throw ApiException.Invalid($"{place}.function", $"{place}.function is missing.", "missing_field");
            FunctionOthers.Check(function.Others, $"{place}.function");
            result.Add(Declare(function.Name, function.Description, function.Parameters, $"{place}.function", result));
        }

        return result;
    }

    /// <summary>A tool that the client carries out.</summary>
    internal static AITool Declare(string? name, string? description, JsonElement? parameters, string place, IEnumerable<AITool> before)
    {
        if (before.Any(t => t.Name == name)) throw ApiException.Invalid($"{place}.name", $"{place}.name is '{name}', as another tool's. Give each its own.");

        try
        {
            ToolDefinition tool = new(name ?? "", description, parameters);
            return AIFunctionFactory.CreateDeclaration(tool.Name, tool.Description, tool.Parameters);
        }
        catch (ToolDefinitionException error)
        {
            throw ApiException.Invalid($"{place}.{error.Member}", $"{place}.{error.Member} {error.Reason}");
        }
    }

    /// <summary>A string, or an object that names a function.</summary>
    internal static ChatToolMode? ReadChoice(JsonElement? choice, IList<AITool>? tools)
    {
        if (choice is not { } value || value.ValueKind == JsonValueKind.Null) return null;
        if (value.ValueKind == JsonValueKind.String)
        {
            return value.GetString() switch
            {
                "auto" => ChatToolMode.Auto,
                "none" => ChatToolMode.None,
                "required" => RequireAny(tools),
                _ => throw ApiException.Invalid("tool_choice", $"tool_choice is '{value.GetString()}'; allowed: auto, none, required, or a function by name."),
            };
        }

        // {"type": "function", "function": {"name": …}}, or flat as the responses API has it.
        JsonElement named = value.ValueKind == JsonValueKind.Object && value.TryGetProperty("function", out JsonElement function) && function.ValueKind == JsonValueKind.Object ? function : value;
        if (named.ValueKind != JsonValueKind.Object || !named.TryGetProperty("name", out JsonElement name) || name.ValueKind != JsonValueKind.String)
            throw ApiException.Invalid("tool_choice", "tool_choice is neither auto, none or required, nor does it name a function.");
        return RequireSpecific(name.GetString()!, tools);
    }

    internal static ChatToolMode RequireAny(IList<AITool>? tools) =>
        tools is { Count: > 0 } ? ChatToolMode.RequireAny : throw ApiException.Invalid("tool_choice", "tool_choice requires a call, and there are no tools.");

    internal static ChatToolMode RequireSpecific(string name, IList<AITool>? tools) =>
        tools?.Any(t => t.Name == name) == true ? ChatToolMode.RequireSpecific(name) : throw ApiException.Invalid("tool_choice", $"tool_choice names '{name}', which is not among the tools.");

    /// <summary><c>response_format</c> of chat completions.</summary>
    internal static ChatResponseFormat? ReadFormat(JsonElement? format, string place = "response_format")
    {
        if (format is not { } value || value.ValueKind == JsonValueKind.Null) return null;
        if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty("type", out JsonElement type) || type.ValueKind != JsonValueKind.String)
            throw ApiException.Invalid(place, $"{place} needs a type: text, json_object or json_schema.", "missing_field");

        switch (type.GetString())
        {
            case "text":
                return ChatResponseFormat.Text;
            case "json_object":
                return ChatResponseFormat.Json;
            case "json_schema":
                // {"json_schema": {"name", "schema"}}, or flat as the responses API has it.
                JsonElement holder = value.TryGetProperty("json_schema", out JsonElement nested) ? nested : value;
                if (holder.ValueKind != JsonValueKind.Object || !holder.TryGetProperty("schema", out JsonElement schema) || schema.ValueKind is not (JsonValueKind.Object or JsonValueKind.True or JsonValueKind.False))
                    throw ApiException.Invalid($"{place}.json_schema.schema", $"{place} has no schema: a JSON Schema is needed.", "missing_field");
                string? name = holder.TryGetProperty("name", out JsonElement named) && named.ValueKind == JsonValueKind.String ? named.GetString() : null;
                return ChatResponseFormat.ForJsonSchema(schema.Clone(), name);
            default:
                throw ApiException.Invalid($"{place}.type", $"{place}.type is '{type.GetString()}'; allowed: text, json_object, json_schema.");
        }
    }
}
