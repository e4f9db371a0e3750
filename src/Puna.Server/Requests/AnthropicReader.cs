using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Puna.Engine;
using Puna.Server.Endpoints.Anthropic;
using Puna.Server.Serving;
using Puna.Server.Wire.Anthropic;

namespace Puna.Server.Requests;

/// <summary>Requests as Anthropic's API writes them.</summary>
internal static class AnthropicReader
{
    private const string Blocks = "a string or a list of blocks is needed";

    /// <summary>The conversation to answer, and how.</summary>
    /// <param name="fields">The request.</param>
    /// <param name="served">Its model.</param>
    /// <param name="needsMaxTokens">Refuse a request without max_tokens, as the API does where it is to be answered.</param>
    internal static AnswerRequest Read(MessagesRequest fields, LoadedModel served, bool needsMaxTokens)
    {
        AnthropicFields.Messages.Check(fields.Others);
        if (needsMaxTokens && fields.MaxTokens is null) throw ApiException.Invalid("max_tokens", "max_tokens is missing: the most tokens of the answer.", "missing_field");

        IList<AITool>? tools = Tools(fields.Tools);
        return new AnswerRequest(served, Messages(fields.Messages), new GenerationRequest
        {
            Prompt = [],
            Sampling = SamplingReader.Sampling(fields),
            MaxTokens = SamplingReader.MaxTokens("max_tokens", fields.MaxTokens),
            Stop = SamplingReader.Checked(fields.StopSequences ?? [], "stop_sequences"),
            IgnoreEndOfGeneration = fields.IgnoreEos ?? false,
        })
        {
            Instructions = fields.System is { ValueKind: not JsonValueKind.Null } system ? Text(system, "system") : null,
            Tools = tools,
            ToolMode = Choice(fields.ToolChoice, tools),
            AllowMultipleToolCalls = fields.ToolChoice?.DisableParallelToolUse == true ? false : null,
            Format = Format(fields.OutputConfig),
        };
    }

    private static List<ChatMessage> Messages(IReadOnlyList<MessageIn>? messages)
    {
        if (messages is not { Count: > 0 }) throw ApiException.Invalid("messages", "messages is missing or empty; at least one message is needed.", "missing_field");

        List<ChatMessage> result = [];
        for (int i = 0; i < messages.Count; i++) Add(messages[i], $"messages[{i}]", result);
        return messages[^1].Role == "assistant"
            ? throw ApiException.Unsupported($"messages[{messages.Count - 1}]", $"messages[{messages.Count - 1}] is the assistant's, and answers are begun anew here, not continued. End with the user's message.")
            : result;
    }

    private static void Add(MessageIn? message, string place, List<ChatMessage> result)
    {
        if (message is null) throw ApiException.Invalid(place, $"{place} is null; an object is needed.", "invalid_type");
        OtherFields.None.Check(message.Others, place);
        ChatRole role = message.Role switch
        {
            "user" => ChatRole.User,
            "assistant" => ChatRole.Assistant,
            "system" => ChatRole.System,
            null => throw ApiException.Invalid($"{place}.role", $"{place}.role is missing: user, assistant or system.", "missing_field"),
            _ => throw ApiException.Invalid($"{place}.role", $"{place}.role is '{message.Role}'; allowed: user, assistant, system."),
        };
        if (message.Content is not { ValueKind: not JsonValueKind.Null } content) throw ApiException.Invalid($"{place}.content", $"{place}.content is missing.", "missing_field");
        if (content.ValueKind == JsonValueKind.String)
        {
            result.Add(new ChatMessage(role, content.GetString()));
            return;
        }

        ChatMessage? said = null;
        int i = 0;
        foreach (JsonElement block in Items(content, $"{place}.content"))
        {
            string at = $"{place}.content[{i++}]";
            AIContent read = Block(block, at, role);
            if (read is FunctionResultContent) result.Add(new ChatMessage(ChatRole.Tool, [read]));
            else if (said is null) result.Add(said = new ChatMessage(role, [read]));
            else said.Contents.Add(read);
        }
    }

    private static AIContent Block(JsonElement block, string place, ChatRole role)
    {
        switch (TypeOf(block, place))
        {
            case "text":
                return new TextContent(TextOf(block, place));
            case "tool_use" when role == ChatRole.Assistant:
                ToolUseBlockIn use = JsonBody.Read(block, place, AnthropicJson.Wire.ToolUseBlockIn);
                AnthropicFields.ToolUse.Check(use.Others, place);
                return new FunctionCallContent(
                    JsonBody.Needed(use.Id, $"{place}.id"), JsonBody.Needed(use.Name, $"{place}.name"),
                    use.Input is { ValueKind: not JsonValueKind.Null } input ? ToolArguments.Read(input, $"{place}.input") : []);
            case "tool_result" when role == ChatRole.User:
                ToolResultBlockIn result = JsonBody.Read(block, place, AnthropicJson.Wire.ToolResultBlockIn);
                AnthropicFields.ToolResult.Check(result.Others, place);
                return new FunctionResultContent(
                    JsonBody.Needed(result.ToolUseId, $"{place}.tool_use_id"), result.Content is { ValueKind: not JsonValueKind.Null } content ? Text(content, $"{place}.content") : "");
            case "tool_use" or "tool_result":
                throw ApiException.Invalid($"{place}.type", $"{place}.type does not belong to a message of the {role.Value}: tool_use is the assistant's, tool_result the user's.");
            case var other:
                throw ApiException.Unsupported($"{place}.type", $"{place} is of the type '{other}'; this server takes text, tool_use and tool_result alone. Leave it out, or describe it in words.");
        }
    }

    /// <summary>A string, or the texts of a list of blocks.</summary>
    private static string Text(JsonElement content, string place)
    {
        if (content.ValueKind == JsonValueKind.String) return content.GetString()!;

        StringBuilder text = new();
        int i = 0;
        foreach (JsonElement block in Items(content, place))
        {
            string at = $"{place}[{i++}]";
            if (TypeOf(block, at) is not "text" and var type) throw ApiException.Unsupported($"{at}.type", $"{at} is of the type '{type}'; only text is taken there. Leave it out, or describe it in words.");
            text.Append(text.Length > 0 ? "\n" : "").Append(TextOf(block, at));
        }

        return text.ToString();
    }

    private static JsonElement.ArrayEnumerator Items(JsonElement content, string place) => content.ValueKind == JsonValueKind.Array
        ? content.EnumerateArray()
        : throw ApiException.Invalid(place, $"{place} is {JsonBody.Kind(content)}; {Blocks}.", "invalid_type");

    private static string TypeOf(JsonElement block, string place)
    {
        if (block.ValueKind != JsonValueKind.Object) throw ApiException.Invalid(place, $"{place} is {JsonBody.Kind(block)}; an object is needed.", "invalid_type");
        return block.TryGetProperty("type", out JsonElement type) && type.ValueKind == JsonValueKind.String
            ? type.GetString()!
            : throw ApiException.Invalid($"{place}.type", $"{place}.type is missing, or no string.", "missing_field");
    }

    private static string TextOf(JsonElement block, string place)
    {
        TextBlockIn text = JsonBody.Read(block, place, AnthropicJson.Wire.TextBlockIn);
        AnthropicFields.Text.Check(text.Others, place);
        return text.Text ?? throw ApiException.Invalid($"{place}.text", $"{place}.text is missing.", "missing_field");
    }

    private static List<AITool>? Tools(IReadOnlyList<MessagesTool>? tools)
    {
        if (tools is not { Count: > 0 }) return null;

        List<AITool> result = [];
        HashSet<string> names = [];
        for (int i = 0; i < tools.Count; i++)
        {
            string place = $"tools[{i}]";
            if (tools[i] is not { } tool) throw ApiException.Invalid(place, $"{place} is null; an object is needed.", "invalid_type");
            AnthropicFields.Tool.Check(tool.Others, place);
            if (tool.Type is not (null or "custom")) throw ApiException.Unsupported($"{place}.type", $"{place}.type is '{tool.Type}'; this server runs no tools of its own. Give your own, of the type custom.");
            result.Add(OpenAITools.Declare(tool.Name, tool.Description, tool.InputSchema, "input_schema", tool.Strict, place, names));
        }

        return result;
    }

    private static ChatToolMode? Choice(MessagesToolChoice? choice, IList<AITool>? tools)
    {
        if (choice is null) return null;

        OtherFields.None.Check(choice.Others, "tool_choice");
        if (choice.Name is not null && choice.Type != "tool") throw ApiException.Invalid("tool_choice.name", "tool_choice.name belongs to the type tool.");
        return choice.Type switch
        {
            "auto" => ChatToolMode.Auto,
            "none" => ChatToolMode.None,
            "any" => OpenAITools.RequireAny(tools),
            "tool" => OpenAITools.RequireSpecific(JsonBody.Needed(choice.Name, "tool_choice.name"), tools),
            _ => throw ApiException.Invalid("tool_choice.type", $"tool_choice.type is '{choice.Type}'; allowed: auto, any, tool, none."),
        };
    }

    private static ChatResponseFormat? Format(OutputConfig? config)
    {
        if (config is null) return null;

        AnthropicFields.OutputConfig.Check(config.Others, "output_config");
        if (config.Format is not { } format) return null;

        OtherFields.None.Check(format.Others, "output_config.format");
        return format.Type == "json_schema"
            ? OpenAITools.Schema(format.Schema, null, "output_config.format.schema")
            : throw ApiException.Invalid("output_config.format.type", $"output_config.format.type is '{format.Type}'; allowed: json_schema.");
    }
}
