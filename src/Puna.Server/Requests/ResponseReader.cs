using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Puna.Engine;
using Puna.Server.Endpoints.OpenAI;
using Puna.Server.Serving;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server.Requests;

/// <summary>Requests as the responses API writes them.</summary>
internal static class ResponseReader
{
    /// <summary>The conversation to answer, and how.</summary>
    /// <param name="fields">The request.</param>
    /// <param name="served">Its model.</param>
    /// <param name="before">Messages of the answer that it goes on from.</param>
    internal static AnswerRequest Read(ResponseRequest fields, LoadedModel served, IReadOnlyList<ChatMessage> before)
    {
        ResponseFields.Request.Check(fields.Others);
        ResponseFields.Text.Check(fields.Text?.Others, "text");
        if (fields.Include?.Any(i => i != ResponseFields.Logprobs) == true)
            throw ApiException.Unsupported("include", $"include asks for '{fields.Include.First(i => i != ResponseFields.Logprobs)}'; only {ResponseFields.Logprobs} can be given.");
        bool logprobs = fields.Include is { Count: > 0 };
        if (fields.TopLogprobs > 0 && !logprobs) throw ApiException.Invalid("top_logprobs", $"top_logprobs needs {ResponseFields.Logprobs} in include. Add it.");

        IList<AITool>? tools = Tools(fields.Tools);
        return new AnswerRequest(served, [.. before, .. Input(fields.Input)], new GenerationRequest
        {
            Prompt = [],
            Sampling = SamplingReader.Sampling(fields) with { Logprobs = logprobs, TopLogprobs = fields.TopLogprobs ?? 0 },
            MaxTokens = SamplingReader.MaxTokens("max_output_tokens", fields.MaxOutputTokens),
            IgnoreEndOfGeneration = fields.IgnoreEos ?? false,
        })
        {
            Instructions = fields.Instructions,
            Tools = tools,
            ToolMode = OpenAITools.ReadChoice(fields.ToolChoice, tools, isFlat: true),
            AllowMultipleToolCalls = fields.ParallelToolCalls,
            Format = Format(fields.Text?.Format),
        };
    }

    private static List<ChatMessage> Input(JsonElement? input)
    {
        const string Wanted = "a string or a list of items is needed";
        if (input is not { } value || value.ValueKind == JsonValueKind.Null) throw ApiException.Invalid("input", $"input is missing; {Wanted}.", "missing_field");
        if (value.ValueKind == JsonValueKind.String) return [new ChatMessage(ChatRole.User, value.GetString())];
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() == 0) throw ApiException.Invalid("input", $"input is {(value.ValueKind == JsonValueKind.Array ? "an empty array" : JsonBody.Kind(value))}; {Wanted}.", "invalid_type");

        List<ChatMessage> messages = [];
        int i = 0;
        foreach (JsonElement item in value.EnumerateArray()) Add(item, $"input[{i++}]", messages);
        return messages;
    }

    private static void Add(JsonElement json, string place, List<ChatMessage> messages)
    {
        ResponseItemIn item = JsonBody.Read(json, place, OpenAIJson.Wire.ResponseItemIn);
        ResponseFields.Item.Check(item.Others, place);
        switch (item.Type)
        {
            case null or "message":
                messages.Add(new ChatMessage(Role(item.Role, place), Text(item.Content, $"{place}.content")));
                break;
            case "function_call":
                FunctionCallContent call = new(JsonBody.Needed(item.CallId, $"{place}.call_id"), JsonBody.Needed(item.Name, $"{place}.name"), ToolArguments.Read(item.Arguments, $"{place}.arguments"));
                if (messages is [.., { } last] && last.Role == ChatRole.Assistant) last.Contents.Add(call); // calls of one turn
                else messages.Add(new ChatMessage(ChatRole.Assistant, [call]));
                break;
            case "function_call_output":
                messages.Add(new ChatMessage(ChatRole.Tool, [new FunctionResultContent(JsonBody.Needed(item.CallId, $"{place}.call_id"), Text(item.Output, $"{place}.output"))]));
                break;
            default:
                throw ApiException.Unsupported($"{place}.type", $"{place} is of the type '{item.Type}'; this server takes message, function_call and function_call_output. Leave it out.");
        }
    }

    private static ChatRole Role(string? role, string place) => role switch
    {
        "user" => ChatRole.User,
        "assistant" => ChatRole.Assistant,
        "system" or "developer" => ChatRole.System,
        null => throw ApiException.Invalid($"{place}.role", $"{place}.role is missing: user, assistant, system or developer.", "missing_field"),
        _ => throw ApiException.Invalid($"{place}.role", $"{place}.role is '{role}'; allowed: user, assistant, system, developer."),
    };

    /// <summary>A string, or the texts of a list of parts.</summary>
    private static string Text(JsonElement? content, string place)
    {
        if (content is not { } value || value.ValueKind == JsonValueKind.Null) throw ApiException.Invalid(place, $"{place} is missing.", "missing_field");
        if (value.ValueKind == JsonValueKind.String) return value.GetString()!;
        if (value.ValueKind != JsonValueKind.Array) throw ApiException.Invalid(place, $"{place} is {JsonBody.Kind(value)}; a string or a list of parts is needed.", "invalid_type");

        StringBuilder text = new();
        int i = 0;
        foreach (JsonElement json in value.EnumerateArray())
        {
            string at = $"{place}[{i++}]";
            ResponsePartIn part = JsonBody.Read(json, at, OpenAIJson.Wire.ResponsePartIn);
            if (part.Type is not ("input_text" or "output_text")) throw ApiException.Unsupported($"{at}.type", $"{at} is of the type '{part.Type}'; this server takes text only (input_text, output_text). Leave it out, or describe it in words.");
            ResponseFields.Part.Check(part.Others, at);
            text.Append(part.Text ?? throw ApiException.Invalid($"{at}.text", $"{at}.text is missing.", "missing_field"));
        }

        return text.ToString();
    }

    private static List<AITool>? Tools(IReadOnlyList<ResponseToolIn>? tools)
    {
        if (tools is not { Count: > 0 }) return null;

        List<AITool> result = [];
        HashSet<string> names = [];
        for (int i = 0; i < tools.Count; i++)
        {
            string place = $"tools[{i}]";
            if (tools[i] is not { } tool) throw ApiException.Invalid(place, $"{place} is null; an object is needed.", "invalid_type");
            if (tool.Type is not "function") throw ApiException.Unsupported($"{place}.type", $"{place}.type is '{tool.Type}'; this server knows function alone.");
            OtherFields.None.Check(tool.Others, place);
            result.Add(OpenAITools.Declare(tool.Name, tool.Description, tool.Parameters, "parameters", tool.Strict, place, names));
        }

        return result;
    }

    private static ChatResponseFormat? Format(ResponseFormat? format)
    {
        if (format is null) return null;

        OpenAITools.SchemaOthers.Check(format.Others, "text.format");
        return format.Type switch
        {
            "text" => ChatResponseFormat.Text,
            "json_object" => ChatResponseFormat.Json,
            "json_schema" => OpenAITools.Schema(format.Schema, format.Name, "text.format.schema"),
            null => throw ApiException.Invalid("text.format.type", "text.format.type is missing: text, json_object or json_schema.", "missing_field"),
            _ => throw ApiException.Invalid("text.format.type", $"text.format.type is '{format.Type}'; allowed: text, json_object, json_schema."),
        };
    }
}
