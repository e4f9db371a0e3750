using System.Text.Json.Serialization;

namespace Puna.Server.Wire.OpenAI;

internal sealed record ChatCompletion(
    string Id, string Object, long Created, string Model, IReadOnlyList<ChatChoice> Choices, TokenUsage Usage, string SystemFingerprint, Timings? Timings);

internal sealed record ChatChoice(
    int Index,
    ChatMessageOut Message,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] LogprobList? Logprobs,
    string FinishReason,
    ulong? Seed,
    SafetyOut? Safety);

internal sealed record ChatMessageOut(
    string Role,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Content,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Refusal,
    IReadOnlyList<ToolCallOut>? ToolCalls);

internal sealed record ToolCallOut(int? Index, string Id, string Type, FunctionCallOut Function);

internal sealed record FunctionCallOut(string Name, string Arguments);

internal sealed record ChatChunk(
    string Id, string Object, long Created, string Model, IReadOnlyList<ChatChunkChoice> Choices, string SystemFingerprint, Timings? Timings)
{
    /// <summary>On the last chunk, where asked for.</summary>
    public TokenUsage? Usage { get; init; }
}

internal sealed record ChatChunkChoice(
    int Index,
    ChatDelta Delta,
    LogprobList? Logprobs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? FinishReason,
    ulong? Seed,
    SafetyOut? Safety);

internal sealed record ChatDelta(string? Role, string? Content, IReadOnlyList<ToolCallOut>? ToolCalls);

/// <summary>Log-probabilities of an answer's tokens.</summary>
internal sealed record LogprobList(
    IReadOnlyList<TokenLogprobs> Content,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] IReadOnlyList<TokenLogprobs>? Refusal);

/// <summary>A token; its bytes are UTF-8, and may be part of a character.</summary>
internal sealed record TokenLogprobs(string Token, float Logprob, int[] Bytes, IReadOnlyList<TokenLogprobs>? TopLogprobs);

internal sealed record TokenUsage(int PromptTokens, int CompletionTokens, int TotalTokens, PromptTokensDetails PromptTokensDetails, CompletionTokensDetails CompletionTokensDetails);

internal sealed record PromptTokensDetails(int CachedTokens);

/// <summary>Tokens that speculative decoding had guessed, and those that it guessed wrong, which are not among the completion's.</summary>
internal sealed record CompletionTokensDetails(int AcceptedPredictionTokens, int RejectedPredictionTokens);

/// <summary>How long the first choice took, from admission to the first token and from there to the last. An addition to the OpenAI API.</summary>
internal sealed record Timings(double PromptMs, double DecodeMs, double? PromptPerSecond, double? DecodePerSecond);
