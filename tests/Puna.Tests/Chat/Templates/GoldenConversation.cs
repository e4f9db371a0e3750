using System.Text.Json;
using Puna.Chat.Templates;
using Puna.Tests.Chat.Templates.Jinja;

namespace Puna.Tests.Chat.Templates;

/// <summary>Turns a conversation of the golden file into typed input.</summary>
internal static class GoldenConversation
{
    public static ChatTemplateInput Input(string name)
    {
        JsonElement context = GoldenFile.Committed.Conversation(name);
        string[] own = ["messages", "tools", "add_generation_prompt", "bos_token", "eos_token"];
        return new ChatTemplateInput
        {
            Messages = [.. context.GetProperty("messages").EnumerateArray().Select(Message)],
            Tools = context.GetProperty("tools").ValueKind == JsonValueKind.Null ? null : [.. context.GetProperty("tools").EnumerateArray()],
            AddGenerationPrompt = context.GetProperty("add_generation_prompt").GetBoolean(),
            BosToken = context.GetProperty("bos_token").GetString(),
            EosToken = context.GetProperty("eos_token").GetString(),
            Variables = context.EnumerateObject().Where(p => !own.Contains(p.Name)).ToDictionary(p => p.Name, p => p.Value),
            Clock = GoldenFile.Clock,
        };
    }

    private static TemplateMessage Message(JsonElement json)
    {
        string role = json.GetProperty("role").GetString()!;
        JsonElement content = json.GetProperty("content");
        TemplateMessage message = content.ValueKind == JsonValueKind.Array
            ? new TemplateMessage(role, [.. content.EnumerateArray().Select(Part)])
            : new TemplateMessage(role, "") { Content = content.GetString() };
        return message with
        {
            ToolCalls = json.TryGetProperty("tool_calls", out JsonElement calls) ? [.. calls.EnumerateArray().Select(Call)] : null,
            ToolCallId = Optional(json, "tool_call_id"),
            Name = Optional(json, "name"),
            ReasoningContent = Optional(json, "reasoning_content"),
        };
    }

    private static TemplateContentPart Part(JsonElement json) => new(json.GetProperty("type").GetString()!, Optional(json, "text"));

    private static TemplateToolCall Call(JsonElement json)
    {
        JsonElement function = json.GetProperty("function");
        return new TemplateToolCall(function.GetProperty("name").GetString()!, function.GetProperty("arguments"), Optional(json, "id"));
    }

    private static string? Optional(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
}
