namespace Puna.Chat.Templates;

/// <summary>What a template's text mentions; a hint, since mentioning is not handling.</summary>
/// <param name="Tools">Tool definitions.</param>
/// <param name="ToolCalls">Calls in assistant messages.</param>
/// <param name="SystemRole">A system role.</param>
/// <param name="TypedContent">Content as a list of typed parts.</param>
/// <param name="GenerationPrompt">The open assistant turn on request.</param>
/// <param name="ToolsInUserMessage">The switch that moves tool definitions between system and user message.</param>
public sealed record ChatTemplateCapabilities(
    bool Tools, bool ToolCalls, bool SystemRole, bool TypedContent, bool GenerationPrompt, bool ToolsInUserMessage)
{
    internal static ChatTemplateCapabilities Of(IReadOnlySet<string> names) => new(
        Tools: names.Contains("tools") || names.Contains("custom_tools"),
        ToolCalls: names.Contains("tool_calls"),
        SystemRole: names.Contains("system"),
        TypedContent: names.Contains("type") && names.Contains("text"),
        GenerationPrompt: names.Contains("add_generation_prompt"),
        ToolsInUserMessage: names.Contains("tools_in_user_message"));
}
