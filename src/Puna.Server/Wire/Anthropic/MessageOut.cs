using System.Text.Json;
using System.Text.Json.Serialization;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server.Wire.Anthropic;

internal sealed record MessageOut(
    string Id, string Type, string Role, string Model, IReadOnlyList<BlockOut> Content,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? StopReason,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? StopSequence,
    MessageUsage Usage)
{
    /// <summary>What the server's policy decided. An addition to the Anthropic API.</summary>
    public SafetyOut? Safety { get; init; }
}

/// <summary>Text, or a call of a tool.</summary>
internal sealed record BlockOut(string Type)
{
    public string? Text { get; init; }
    public string? Id { get; init; }
    public string? Name { get; init; }
    public JsonElement? Input { get; init; }
}

/// <summary>Tokens; those read from the cache are not among the input tokens.</summary>
internal sealed record MessageUsage(int InputTokens, int CacheCreationInputTokens, int CacheReadInputTokens, int OutputTokens);

internal sealed record MessageTokens(int InputTokens);

internal sealed record MessageStart(string Type, MessageOut Message);

internal sealed record BlockStart(string Type, int Index, BlockOut ContentBlock);

internal sealed record BlockDelta(string Type, int Index, DeltaOut Delta);

internal sealed record DeltaOut(string Type, string? Text, string? PartialJson);

internal sealed record BlockStop(string Type, int Index);

internal sealed record MessageDelta(string Type, StopOut Delta, MessageUsage Usage)
{
    /// <inheritdoc cref="MessageOut.Safety"/>
    public SafetyOut? Safety { get; init; }
}

internal sealed record StopOut(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? StopReason,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? StopSequence);

internal sealed record MessageStop(string Type);

internal sealed record AnthropicErrorReply(string Type, AnthropicErrorBody Error, string RequestId);

internal sealed record AnthropicErrorBody(string Type, string Message);

internal sealed record AnthropicModelList(
    IReadOnlyList<AnthropicModel> Data,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? FirstId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? LastId,
    bool HasMore);

internal sealed record AnthropicModel(string Type, string Id, string DisplayName, DateTimeOffset CreatedAt);
