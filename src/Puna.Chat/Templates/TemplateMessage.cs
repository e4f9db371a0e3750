using System.Text.Json;

namespace Puna.Chat.Templates;

/// <summary>A message as templates see it. Properties that are null do not exist for the template.</summary>
public sealed record TemplateMessage
{
    /// <summary>A message of plain text.</summary>
    public TemplateMessage(string role, string content)
    {
        Role = role;
        Content = content;
    }

    /// <summary>A message of typed parts.</summary>
    public TemplateMessage(string role, IReadOnlyList<TemplateContentPart> parts)
    {
        Role = role;
        Parts = parts;
    }

    /// <summary>The speaker. Names outside <see cref="ChatTemplateInput.KnownRoles"/> count as untrusted text.</summary>
    public string Role { get; init; }

    /// <summary>Plain text content, or null when <see cref="Parts"/> holds it.</summary>
    public string? Content { get; init; }

    /// <summary>Content as typed parts; takes precedence over <see cref="Content"/>.</summary>
    public IReadOnlyList<TemplateContentPart>? Parts { get; init; }

    /// <summary>Calls that an assistant turn makes, or null.</summary>
    public IReadOnlyList<TemplateToolCall>? ToolCalls { get; init; }

    /// <summary>The call a tool result answers.</summary>
    public string? ToolCallId { get; init; }

    /// <summary>The function or participant name.</summary>
    public string? Name { get; init; }

    /// <summary>Reasoning text of an assistant turn (<c>reasoning_content</c>).</summary>
    public string? ReasoningContent { get; init; }

    /// <summary>Further properties, by the name the template uses; untrusted.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Extra { get; init; }
}
