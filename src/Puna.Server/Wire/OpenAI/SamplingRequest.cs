using System.Text.Json;

namespace Puna.Server.Wire.OpenAI;

/// <summary>Fields that chat completions, completions, responses and Anthropic's messages have in common.</summary>
internal abstract record GenerationFields : OpenRecord
{
    public string? Model { get; init; }
    public bool? Stream { get; init; }
    public float? Temperature { get; init; }
    public float? TopP { get; init; }

    // Beyond the OpenAI API, by the names that other local servers use.
    public int? TopK { get; init; }
    public float? MinP { get; init; }
    public float? TypicalP { get; init; }
    public float? RepetitionPenalty { get; init; }
    public int? RepeatLastN { get; init; }
    public float? XtcProbability { get; init; }
    public float? XtcThreshold { get; init; }
    public float? DryMultiplier { get; init; }
    public float? DryBase { get; init; }
    public int? DryAllowedLength { get; init; }
    public int? DryPenaltyLastN { get; init; }
    public bool? IgnoreEos { get; init; }
}

/// <summary>Fields that chat completions and completions have in common.</summary>
internal abstract record SamplingRequest : GenerationFields
{
    public StreamOptions? StreamOptions { get; init; }
    public int? N { get; init; }
    public JsonElement? Stop { get; init; }
    public long? Seed { get; init; }
    public int? MaxTokens { get; init; }
    public float? PresencePenalty { get; init; }
    public float? FrequencyPenalty { get; init; }
    public Dictionary<string, float>? LogitBias { get; init; }
}

internal sealed record StreamOptions : OpenRecord
{
    public bool? IncludeUsage { get; init; }
}
