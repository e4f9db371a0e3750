using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server.Requests;

/// <summary>Messages as the OpenAI API writes them.</summary>
internal static class OpenAIMessages
{
    /// <summary>Known fields of messages that need no honouring.</summary>
    internal static OtherFields Others { get; } = new(
        OtherField.Ignored("annotations", "what an answer carried besides its text is not shown to the model"),
        OtherField.Refused("refusal", "the model has no separate refusals. Send the text as content."),
        OtherField.Refused("audio", "this server takes text only. Leave it out."),
        OtherField.Refused("function_call", "it is of an older form of the API. Use tool_calls."));

    internal static List<ChatMessage> Read(IReadOnlyList<ChatMessageIn>? messages)
    {
        if (messages is not { Count: > 0 }) throw ApiException.Invalid("messages", "messages is missing or empty; at least one message is needed.", "missing_field");

        List<ChatMessage> result = [];
        HashSet<string> called = new(StringComparer.Ordinal);
        for (int i = 0; i < messages.Count; i++)
        {
            ChatMessage message = Read(messages[i], $"messages[{i}]");
            foreach (AIContent content in message.Contents)
            {
                if (content is FunctionCallContent call) called.Add(call.CallId);
                if (content is FunctionResultContent answer && !called.Contains(answer.CallId))
                    throw ApiException.Invalid($"messages[{i}].tool_call_id", $"messages[{i}].tool_call_id is '{answer.CallId}'; no message before it calls a tool by that id. Send the assistant's message with its tool_calls, too.");
            }

            result.Add(message);
        }

        return result;
    }

    private static ChatMessage Read(ChatMessageIn? message, string place)
    {
        if (message is null) throw ApiException.Invalid(place, $"{place} is null; an object is needed.", "invalid_type");
        Others.Check(message.Others, place);
        return message.Role switch
        {
            "system" or "developer" => Plain(ChatRole.System, message, place),
            "user" => Plain(ChatRole.User, message, place),
            "assistant" => Assistant(message, place),
            "tool" => Tool(message, place),
            null => throw ApiException.Invalid($"{place}.role", $"{place}.role is missing: system, developer, user, assistant or tool.", "missing_field"),
            _ => throw ApiException.Invalid($"{place}.role", $"{place}.role is '{message.Role}'; allowed: system, developer, user, assistant, tool."),
        };
    }

    private static ChatMessage Plain(ChatRole role, ChatMessageIn message, string place)
    {
        if (message.ToolCalls is { Count: > 0 }) throw ApiException.Invalid($"{place}.tool_calls", $"{place}.tool_calls belongs to an assistant's message.");
        if (message.ToolCallId is not null) throw ApiException.Invalid($"{place}.tool_call_id", $"{place}.tool_call_id belongs to a tool's message.");
        return new ChatMessage(role, Text(message.Content, $"{place}.content") ?? throw Missing(place)) { AuthorName = message.Name };
    }

    private static ChatMessage Assistant(ChatMessageIn message, string place)
    {
        string? text = Text(message.Content, $"{place}.content");
        if (text is null && message.ToolCalls is not { Count: > 0 }) throw Missing(place);

        ChatMessage result = new(ChatRole.Assistant, text is null ? [] : [new TextContent(text)]) { AuthorName = message.Name };
        for (int i = 0; i < (message.ToolCalls?.Count ?? 0); i++) result.Contents.Add(Call(message.ToolCalls![i], $"{place}.tool_calls[{i}]"));
        return result;
    }

    private static FunctionCallContent Call(ToolCallIn? call, string place)
    {
        if (call is null) throw ApiException.Invalid(place, $"{place} is null; an object is needed.", "invalid_type");
        OtherFields.None.Check(call.Others, place);
        if (call.Type is not (null or "function")) throw ApiException.Invalid($"{place}.type", $"{place}.type is '{call.Type}'; allowed: function.");
        if (call.Id is not { Length: > 0 }) throw ApiException.Invalid($"{place}.id", $"{place}.id is missing.", "missing_field");
        if (call.Function is not { Name.Length: > 0 } function) throw ApiException.Invalid($"{place}.function.name", $"{place}.function.name is missing.", "missing_field");
        OtherFields.None.Check(function.Others, $"{place}.function");
        return new FunctionCallContent(call.Id, function.Name, ToolArguments.Read(function.Arguments, $"{place}.function.arguments"));
    }

    private static ChatMessage Tool(ChatMessageIn message, string place)
    {
        if (message.ToolCallId is not { Length: > 0 } id) throw ApiException.Invalid($"{place}.tool_call_id", $"{place}.tool_call_id is missing: the id of the call that this is the result of.", "missing_field");
        return new ChatMessage(ChatRole.Tool, [new FunctionResultContent(id, Text(message.Content, $"{place}.content") ?? throw Missing(place))]);
    }

    /// <summary>A string, or the texts of a list of parts; null where there is no content.</summary>
    private static string? Text(JsonElement? content, string place)
    {
        if (content is not { } value || value.ValueKind == JsonValueKind.Null) return null;
        if (value.ValueKind == JsonValueKind.String) return value.GetString();
        if (value.ValueKind != JsonValueKind.Array) throw ApiException.Invalid(place, $"{place} is {JsonBody.Kind(value)}; a string or a list of parts is needed.", "invalid_type");

        StringBuilder text = new();
        int i = 0;
        foreach (JsonElement item in value.EnumerateArray())
        {
            string part = $"{place}[{i++}]";
            if (item.ValueKind != JsonValueKind.Object) throw ApiException.Invalid(part, $"{part} is {JsonBody.Kind(item)}; an object is needed.", "invalid_type");
            string? type = item.TryGetProperty("type", out JsonElement named) && named.ValueKind == JsonValueKind.String ? named.GetString() : null;
            if (type is not "text") throw ApiException.Unsupported(part, $"{part} is of the type '{type}'; this server takes text only. Leave it out, or describe it in words.");
            if (!item.TryGetProperty("text", out JsonElement words) || words.ValueKind != JsonValueKind.String) throw ApiException.Invalid($"{part}.text", $"{part}.text is missing, or no string.", "missing_field");
            OpenAITools.OnlyFields(item, part, "type", "text");
            text.Append(words.GetString());
        }

        return text.ToString();
    }

    private static ApiException Missing(string place) => ApiException.Invalid($"{place}.content", $"{place}.content is missing.", "missing_field");
}
