using System.Text.Json;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server.Wire.Ollama;

/// <summary>Fields that chat and generate have in common.</summary>
internal abstract record OllamaRequest : OpenRecord
{
    public string? Model { get; init; }

    /// <summary>Lines as they come, unless false.</summary>
    public bool? Stream { get; init; }

    /// <summary>The word json, or a JSON Schema.</summary>
    public JsonElement? Format { get; init; }

    public OllamaOptions? Options { get; init; }

    /// <summary>How long the model stays loaded afterwards: seconds, or a duration.</summary>
    public JsonElement? KeepAlive { get; init; }

    public bool? Logprobs { get; init; }
    public int? TopLogprobs { get; init; }
}

internal sealed record OllamaChatRequest : OllamaRequest
{
    public IReadOnlyList<OllamaMessageIn>? Messages { get; init; }
    public IReadOnlyList<ToolIn>? Tools { get; init; }
}

internal sealed record OllamaGenerateRequest : OllamaRequest
{
    public string? Prompt { get; init; }
    public string? System { get; init; }

    /// <summary>Continue the prompt as it is, without a chat template.</summary>
    public bool? Raw { get; init; }
}

internal sealed record OllamaMessageIn : OpenRecord
{
    public string? Role { get; init; }
    public string? Content { get; init; }
    public IReadOnlyList<OllamaToolCallIn>? ToolCalls { get; init; }

    /// <summary>Of a tool's message: the function whose result it is.</summary>
    public string? ToolName { get; init; }

    /// <summary>Of a tool's message: the call whose result it is.</summary>
    public string? ToolCallId { get; init; }
}

internal sealed record OllamaToolCallIn : OpenRecord
{
    public string? Id { get; init; }
    public OllamaFunctionIn? Function { get; init; }
}

internal sealed record OllamaFunctionIn : OpenRecord
{
    public string? Name { get; init; }
    public JsonElement? Arguments { get; init; }
}

internal sealed record OllamaOptions : OpenRecord
{
    public float? Temperature { get; init; }
    public float? TopP { get; init; }
    public int? TopK { get; init; }
    public float? MinP { get; init; }
    public float? TypicalP { get; init; }
    public float? RepeatPenalty { get; init; }
    public int? RepeatLastN { get; init; }
    public float? PresencePenalty { get; init; }
    public float? FrequencyPenalty { get; init; }
    public long? Seed { get; init; }
    public JsonElement? Stop { get; init; }

    /// <summary>Most tokens of the answer; -1 and -2 for as many as the context holds.</summary>
    public int? NumPredict { get; init; }
}

internal sealed record OllamaEmbedRequest : OpenRecord
{
    public string? Model { get; init; }

    /// <summary>A text, or a list of them.</summary>
    public JsonElement? Input { get; init; }

    /// <summary>Cut texts that are too long, unless false.</summary>
    public bool? Truncate { get; init; }

    public int? Dimensions { get; init; }

    /// <summary>How long the model stays loaded afterwards: seconds, or a duration.</summary>
    public JsonElement? KeepAlive { get; init; }
}

internal sealed record OllamaEmbeddingRequest : OpenRecord
{
    public string? Model { get; init; }
    public string? Prompt { get; init; }

    /// <summary>How long the model stays loaded afterwards: seconds, or a duration.</summary>
    public JsonElement? KeepAlive { get; init; }
}

internal sealed record OllamaShowRequest : OpenRecord
{
    public string? Model { get; init; }
}
