using System.Text.Json;
using Microsoft.Extensions.AI;
using Puna.Engine;
using Puna.Engine.Sampling;
using Puna.Server.Endpoints.Ollama;
using Puna.Server.Wire.Ollama;

namespace Puna.Server.Requests;

/// <summary>Messages, options and formats as Ollama's API writes them.</summary>
internal static class OllamaReader
{
    /// <summary>How tokens are chosen, as a request without its prompt.</summary>
    internal static GenerationRequest Generation(OllamaRequest fields)
    {
        OllamaOptions options = fields.Options ?? new OllamaOptions();
        OllamaFields.Options.Check(options.Others, "options");
        if (fields.TopLogprobs > 0 && fields.Logprobs != true) throw ApiException.Invalid("top_logprobs", "top_logprobs needs logprobs. Set it, too.");
        if (options.NumPredict is 0 or < -2) throw ApiException.Invalid("options.num_predict", $"options.num_predict is {options.NumPredict}; allowed: 1 and more, or -1 for as many tokens as the context holds.");

        SamplingOptions defaults = SamplingDefaults.Options;
        return new GenerationRequest
        {
            Prompt = [],
            MaxTokens = options.NumPredict is > 0 ? options.NumPredict : null,
            Stop = SamplingReader.Stops(options.Stop, "options.stop"),
            Sampling = new SamplingOptions
            {
                Temperature = options.Temperature ?? defaults.Temperature,
                TopP = options.TopP ?? defaults.TopP,
                TopK = options.TopK ?? defaults.TopK,
                MinP = options.MinP ?? defaults.MinP,
                TypicalP = options.TypicalP ?? defaults.TypicalP,
                RepetitionPenalty = options.RepeatPenalty ?? defaults.RepetitionPenalty,
                RepeatLastN = options.RepeatLastN ?? defaults.RepeatLastN,
                PresencePenalty = options.PresencePenalty ?? 0,
                FrequencyPenalty = options.FrequencyPenalty ?? 0,
                Seed = options.Seed is { } seed and >= 0 ? (ulong)seed : null,
                Logprobs = fields.Logprobs == true,
                TopLogprobs = fields.TopLogprobs ?? 0,
            },
        };
    }

    /// <summary>The word json, or a schema.</summary>
    internal static ChatResponseFormat? Format(JsonElement? format) => format switch
    {
        null or { ValueKind: JsonValueKind.Null } => null,
        { ValueKind: JsonValueKind.String } word => word.GetString() switch
        {
            "" => null,
            "json" => ChatResponseFormat.Json,
            _ => throw ApiException.Invalid("format", $"format is '{word.GetString()}'; allowed: json, or a JSON Schema."),
        },
        _ => OpenAITools.Schema(format, null, "format"),
    };

    internal static List<ChatMessage> Messages(IReadOnlyList<OllamaMessageIn> messages)
    {
        List<ChatMessage> result = [];
        List<FunctionCallContent> open = []; // calls whose results have not come yet
        for (int i = 0; i < messages.Count; i++) result.Add(Message(messages[i], $"messages[{i}]", open));
        return result;
    }

    private static ChatMessage Message(OllamaMessageIn? message, string place, List<FunctionCallContent> open)
    {
        if (message is null) throw ApiException.Invalid(place, $"{place} is null; an object is needed.", "invalid_type");
        OllamaFields.Message.Check(message.Others, place);
        if (message.ToolCalls is { Count: > 0 } && message.Role != "assistant") throw ApiException.Invalid($"{place}.tool_calls", $"{place}.tool_calls belongs to an assistant's message.");
        return message.Role switch
        {
            "system" => new ChatMessage(ChatRole.System, message.Content ?? ""),
            "user" => new ChatMessage(ChatRole.User, message.Content ?? ""),
            "assistant" => Assistant(message, place, open),
            "tool" => new ChatMessage(ChatRole.Tool, [new FunctionResultContent(Answered(message, place, open), message.Content ?? "")]),
            null => throw ApiException.Invalid($"{place}.role", $"{place}.role is missing: system, user, assistant or tool.", "missing_field"),
            _ => throw ApiException.Invalid($"{place}.role", $"{place}.role is '{message.Role}'; allowed: system, user, assistant, tool."),
        };
    }

    private static ChatMessage Assistant(OllamaMessageIn message, string place, List<FunctionCallContent> open)
    {
        ChatMessage result = new(ChatRole.Assistant, message.Content is { Length: > 0 } text ? [new TextContent(text)] : []);
        for (int i = 0; i < (message.ToolCalls?.Count ?? 0); i++)
        {
            FunctionCallContent call = Call(message.ToolCalls![i], $"{place}.tool_calls[{i}]");
            open.Add(call);
            result.Contents.Add(call);
        }

        return result;
    }

    private static FunctionCallContent Call(OllamaToolCallIn? call, string place)
    {
        OtherFields.None.Check(call?.Others, place);
        if (call?.Function is not { Name.Length: > 0 } function) throw ApiException.Invalid($"{place}.function.name", $"{place}.function.name is missing.", "missing_field");
        OllamaFields.Function.Check(function.Others, $"{place}.function");
        return new FunctionCallContent(
            call.Id is { Length: > 0 } id ? id : Identifiers.New("call_"), function.Name,
            function.Arguments is { ValueKind: not JsonValueKind.Null } arguments ? ToolArguments.Read(arguments, $"{place}.function.arguments") : []);
    }

    /// <summary>The call that a tool's message answers: by its id, by its function's name, or the first one that has no result yet.</summary>
    private static string Answered(OllamaMessageIn message, string place, List<FunctionCallContent> open)
    {
        FunctionCallContent? call = open.Find(c => message.ToolCallId is { Length: > 0 } id ? c.CallId == id : message.ToolName is not { Length: > 0 } name || c.Name == name);
        if (call is null) throw ApiException.Invalid(place, $"{place} is a tool's result, and no call before it waits for one. Send the assistant's message with its tool_calls first.");
        open.Remove(call);
        return call.CallId;
    }
}
