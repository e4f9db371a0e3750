using System.Text.Json;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server.Wire.Anthropic;

internal sealed record MessagesRequest : GenerationFields
{
    public IReadOnlyList<MessageIn>? Messages { get; init; }
    public int? MaxTokens { get; init; }

    /// <summary>A string, or a list of text blocks.</summary>
    public JsonElement? System { get; init; }

    public IReadOnlyList<string>? StopSequences { get; init; }
    public IReadOnlyList<MessagesTool>? Tools { get; init; }
    public MessagesToolChoice? ToolChoice { get; init; }
    public OutputConfig? OutputConfig { get; init; }
}

internal sealed record MessageIn : OpenRecord
{
    public string? Role { get; init; }

    /// <summary>A string, or a list of blocks.</summary>
    public JsonElement? Content { get; init; }
}

internal sealed record TextBlockIn : OpenRecord
{
    public string? Type { get; init; }
    public string? Text { get; init; }
}

internal sealed record ToolUseBlockIn : OpenRecord
{
    public string? Type { get; init; }
    public string? Id { get; init; }
    public string? Name { get; init; }
    public JsonElement? Input { get; init; }
}

internal sealed record ToolResultBlockIn : OpenRecord
{
    public string? Type { get; init; }
    public string? ToolUseId { get; init; }

    /// <summary>A string, or a list of text blocks.</summary>
    public JsonElement? Content { get; init; }
}

internal sealed record MessagesTool : OpenRecord
{
    public string? Type { get; init; }
    public string? Name { get; init; }
    public string? Description { get; init; }
    public JsonElement? InputSchema { get; init; }
    public bool? Strict { get; init; }
}

internal sealed record MessagesToolChoice : OpenRecord
{
    public string? Type { get; init; }
    public string? Name { get; init; }
    public bool? DisableParallelToolUse { get; init; }
}

internal sealed record OutputConfig : OpenRecord
{
    public OutputFormat? Format { get; init; }
}

internal sealed record OutputFormat : OpenRecord
{
    public string? Type { get; init; }
    public JsonElement? Schema { get; init; }
}
