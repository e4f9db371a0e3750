using System.Text.Json;
using System.Text.Json.Serialization;

namespace Puna.Server.Wire.OpenAI;

internal sealed record CompletionRequest : SamplingRequest
{
    /// <summary>A string, a list of strings, a list of tokens, or a list of lists of tokens.</summary>
    public JsonElement? Prompt { get; init; }

    public bool? Echo { get; init; }

    /// <summary>Most likely tokens to report, 0 to 20.</summary>
    public int? Logprobs { get; init; }
}

internal sealed record Completion(
    string Id, string Object, long Created, string Model, IReadOnlyList<CompletionChoice> Choices, string SystemFingerprint, TokenUsage? Usage, Timings? Timings);

internal sealed record CompletionChoice(
    int Index,
    string Text,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] CompletionLogprobs? Logprobs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? FinishReason,
    ulong? Seed,
    SafetyOut? Safety);

/// <summary>Log-probabilities of a choice's tokens, and where each begins in its text, in Unicode code points.</summary>
internal sealed record CompletionLogprobs(
    IReadOnlyList<string> Tokens, IReadOnlyList<float> TokenLogprobs, IReadOnlyList<IReadOnlyDictionary<string, float>> TopLogprobs, IReadOnlyList<int> TextOffset);
