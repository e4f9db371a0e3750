using System.Text.Json;

namespace Puna.Server.Wire.OpenAI;

internal sealed record ResponseRequest : GenerationFields
{
    /// <summary>A string, or a list of items.</summary>
    public JsonElement? Input { get; init; }

    public string? Instructions { get; init; }
    public string? PreviousResponseId { get; init; }
    public bool? Store { get; init; }
    public int? MaxOutputTokens { get; init; }
    public int? TopLogprobs { get; init; }
    public IReadOnlyList<string>? Include { get; init; }
    public IReadOnlyList<ResponseToolIn>? Tools { get; init; }

    /// <summary>A string, or an object that names a function.</summary>
    public JsonElement? ToolChoice { get; init; }

    public bool? ParallelToolCalls { get; init; }
    public ResponseTextIn? Text { get; init; }
    public Dictionary<string, string>? Metadata { get; init; }
}

internal sealed record ResponseItemIn : OpenRecord
{
    public string? Type { get; init; }
    public string? Role { get; init; }

    /// <summary>A string, or a list of parts.</summary>
    public JsonElement? Content { get; init; }

    public string? CallId { get; init; }
    public string? Name { get; init; }
    public string? Arguments { get; init; }

    /// <summary>A string, or a list of parts.</summary>
    public JsonElement? Output { get; init; }
}

internal sealed record ResponsePartIn : OpenRecord
{
    public string? Type { get; init; }
    public string? Text { get; init; }
}

internal sealed record ResponseToolIn : OpenRecord
{
    public string? Type { get; init; }
    public string? Name { get; init; }
    public string? Description { get; init; }
    public JsonElement? Parameters { get; init; }
    public bool? Strict { get; init; }
}

internal sealed record ResponseTextIn : OpenRecord
{
    public ResponseFormat? Format { get; init; }
}

/// <summary>Format of an answer's text, asked for and told.</summary>
internal sealed record ResponseFormat : OpenRecord
{
    public string? Type { get; init; }
    public string? Name { get; init; }
    public JsonElement? Schema { get; init; }
}
