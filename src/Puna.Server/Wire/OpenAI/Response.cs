using System.Text.Json;
using System.Text.Json.Serialization;

namespace Puna.Server.Wire.OpenAI;

/// <summary>An answer, or as much of it as there is.</summary>
internal sealed record Response
{
    public required string Id { get; init; }
    public string Object { get; init; } = "response";
    public required long CreatedAt { get; init; }
    public required string Status { get; init; }
    public required string Model { get; init; }
    public required IReadOnlyList<ResponseItemOut> Output { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Error { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IncompleteDetails? IncompleteDetails { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Instructions { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? PreviousResponseId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public int? MaxOutputTokens { get; init; }

    public required float Temperature { get; init; }
    public required float TopP { get; init; }
    public required bool ParallelToolCalls { get; init; }
    public required JsonElement ToolChoice { get; init; }
    public required IReadOnlyList<ResponseToolIn> Tools { get; init; }
    public required ResponseTextOut Text { get; init; }
    public required bool Store { get; init; }
    public string Truncation { get; init; } = "disabled";
    public required Dictionary<string, string> Metadata { get; init; }

    /// <summary>What the server's policy decided, once the answer is whole. An addition to the OpenAI API.</summary>
    public SafetyOut? Safety { get; init; }

    /// <summary>Once the answer is whole.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public ResponseUsage? Usage { get; init; }
}

internal sealed record IncompleteDetails(string Reason);

internal sealed record ResponseTextOut(ResponseFormat Format);

/// <summary>A message, or a call of a function.</summary>
internal sealed record ResponseItemOut(string Type, string Id, string Status)
{
    public string? Role { get; init; }
    public IReadOnlyList<ResponsePartOut>? Content { get; init; }
    public string? CallId { get; init; }
    public string? Name { get; init; }
    public string? Arguments { get; init; }
}

internal sealed record ResponsePartOut(string Type, string Text, IReadOnlyList<JsonElement> Annotations, IReadOnlyList<TokenLogprobs> Logprobs);

internal sealed record ResponseUsage(
    int InputTokens, CachedTokensDetails InputTokensDetails, int OutputTokens, ReasoningTokensDetails OutputTokensDetails, int TotalTokens);

internal sealed record CachedTokensDetails(int CachedTokens);

internal sealed record ReasoningTokensDetails(int ReasoningTokens);

internal sealed record DeletedResponse(string Id, string Object, bool Deleted);

/// <summary>An event of a streamed answer; each kind has some of the fields.</summary>
internal sealed record ResponseEvent(string Type, int SequenceNumber)
{
    public Response? Response { get; init; }
    public int? OutputIndex { get; init; }
    public string? ItemId { get; init; }
    public int? ContentIndex { get; init; }
    public ResponseItemOut? Item { get; init; }
    public ResponsePartOut? Part { get; init; }
    public string? Delta { get; init; }
    public string? Text { get; init; }
    public string? Name { get; init; }
    public string? Arguments { get; init; }
    public IReadOnlyList<TokenLogprobs>? Logprobs { get; init; }
}

internal sealed record ResponseErrorEvent(
    string Type, string Code, string Message, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Param);
