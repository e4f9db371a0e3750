using System.Text.Json;

namespace Puna.Server.Wire.OpenAI;

internal sealed record ChatCompletionRequest : SamplingRequest
{
    public IReadOnlyList<ChatMessageIn>? Messages { get; init; }
    public int? MaxCompletionTokens { get; init; }
    public bool? Logprobs { get; init; }
    public int? TopLogprobs { get; init; }
    public IReadOnlyList<ToolIn>? Tools { get; init; }
    public JsonElement? ToolChoice { get; init; }
    public bool? ParallelToolCalls { get; init; }
    public ResponseFormatIn? ResponseFormat { get; init; }
}

internal sealed record ResponseFormatIn : OpenRecord
{
    public string? Type { get; init; }
    public JsonSchemaIn? JsonSchema { get; init; }
}

internal sealed record JsonSchemaIn : OpenRecord
{
    public string? Name { get; init; }
    public JsonElement? Schema { get; init; }
}

internal sealed record ChatMessageIn : OpenRecord
{
    public string? Role { get; init; }

    /// <summary>A string, or a list of parts.</summary>
    public JsonElement? Content { get; init; }

    public string? Name { get; init; }
    public IReadOnlyList<ToolCallIn>? ToolCalls { get; init; }
    public string? ToolCallId { get; init; }
}

internal sealed record ToolCallIn : OpenRecord
{
    public string? Id { get; init; }
    public string? Type { get; init; }
    public FunctionCallIn? Function { get; init; }
}

internal sealed record FunctionCallIn : OpenRecord
{
    public string? Name { get; init; }
    public string? Arguments { get; init; }
}

internal sealed record ToolIn : OpenRecord
{
    public string? Type { get; init; }
    public FunctionIn? Function { get; init; }
}

internal sealed record FunctionIn : OpenRecord
{
    public string? Name { get; init; }
    public string? Description { get; init; }
    public JsonElement? Parameters { get; init; }
    public bool? Strict { get; init; }
}
