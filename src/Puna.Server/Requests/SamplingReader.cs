using System.Globalization;
using System.Text.Json;
using Puna.Engine;
using Puna.Engine.Sampling;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server.Requests;

/// <summary>Fields about how tokens are chosen to the engine's options; what is absent gets <see cref="SamplingDefaults"/>.</summary>
internal static class SamplingReader
{
    /// <summary>What chat completions and completions have in common, as a request without its prompt.</summary>
    /// <param name="fields">The request.</param>
    /// <param name="maxTokensName">The field that limits the answer.</param>
    /// <param name="maxTokens">Its value.</param>
    /// <param name="topLogprobs">Most likely tokens to report; null for no log-probabilities.</param>
    internal static GenerationRequest Read(SamplingRequest fields, string maxTokensName, int? maxTokens, int? topLogprobs)
    {
        SamplingOptions sampling = Sampling(fields) with
        {
            Seed = fields.Seed is { } seed ? unchecked((ulong)seed) : null,
            PresencePenalty = fields.PresencePenalty ?? 0,
            FrequencyPenalty = fields.FrequencyPenalty ?? 0,
            LogitBias = Bias(fields.LogitBias),
            Logprobs = topLogprobs is not null,
            TopLogprobs = topLogprobs ?? 0,
        };
        return new GenerationRequest
        {
            Prompt = [],
            Sampling = sampling,
            MaxTokens = MaxTokens(maxTokensName, maxTokens),
            Stop = Stops(fields.Stop, "stop"),
            IgnoreEndOfGeneration = fields.IgnoreEos ?? false,
        };
    }

    internal static SamplingOptions Sampling(GenerationFields fields)
    {
        SamplingOptions defaults = SamplingDefaults.Options;
        return new SamplingOptions
        {
            Temperature = fields.Temperature ?? defaults.Temperature,
            TopP = fields.TopP ?? defaults.TopP,
            TopK = fields.TopK ?? defaults.TopK,
            MinP = fields.MinP ?? defaults.MinP,
            TypicalP = fields.TypicalP ?? defaults.TypicalP,
            RepetitionPenalty = fields.RepetitionPenalty ?? defaults.RepetitionPenalty,
            RepeatLastN = fields.RepeatLastN ?? defaults.RepeatLastN,
            XtcProbability = fields.XtcProbability ?? defaults.XtcProbability,
            XtcThreshold = fields.XtcThreshold ?? defaults.XtcThreshold,
            Dry = Dry(fields),
        };
    }

    internal static int? MaxTokens(string name, int? value) =>
        value is < 1 ? throw ApiException.Invalid(name, $"{name} is {value}; at least 1 is needed.") : value;

    internal static int Choices(int? n) => n is < 1 ? throw ApiException.Invalid("n", $"n is {n}; at least 1 is needed.") : n ?? 1;

    /// <summary>A stop string, or a list of them.</summary>
    internal static IReadOnlyList<string> Stops(JsonElement? stop, string name)
    {
        if (stop is not { } value || value.ValueKind == JsonValueKind.Null) return [];
        if (value.ValueKind == JsonValueKind.String) return Checked([value.GetString()!], name);
        if (value.ValueKind != JsonValueKind.Array) throw ApiException.Invalid(name, $"{name} is {JsonBody.Kind(value)}; a string or a list of strings is needed.", "invalid_type");

        List<string> stops = [];
        foreach (JsonElement item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String) throw ApiException.Invalid($"{name}[{stops.Count}]", $"{name}[{stops.Count}] is {JsonBody.Kind(item)}; a string is needed.", "invalid_type");
            stops.Add(item.GetString()!);
        }

        return Checked(stops, name);
    }

    internal static List<string> Checked(IReadOnlyList<string?> stops, string name)
    {
        if (stops.Count > GenerationRequest.MaxStops) throw ApiException.Invalid(name, $"{name} has {stops.Count} strings; at most {GenerationRequest.MaxStops} are allowed.");
        for (int i = 0; i < stops.Count; i++)
        {
            if (stops[i] is not { } stop) throw ApiException.Invalid($"{name}[{i}]", $"{name}[{i}] is null; a string is needed.", "invalid_type");
            if (stop.Length is 0 or > GenerationRequest.MaxStopLength)
                throw ApiException.Invalid($"{name}[{i}]", $"{name}[{i}] has {stop.Length} characters; allowed: 1 to {GenerationRequest.MaxStopLength}.");
        }

        return [.. stops.OfType<string>()];
    }

    private static DryOptions? Dry(GenerationFields fields)
    {
        if (fields.DryMultiplier is null && fields.DryBase is null && fields.DryAllowedLength is null && fields.DryPenaltyLastN is null) return null;

        DryOptions defaults = new() { Multiplier = 0 };
        return new DryOptions
        {
            Multiplier = fields.DryMultiplier ?? defaults.Multiplier,
            Base = fields.DryBase ?? defaults.Base,
            AllowedLength = fields.DryAllowedLength ?? defaults.AllowedLength,
            LastN = fields.DryPenaltyLastN ?? defaults.LastN,
        };
    }

    private static Dictionary<int, float> Bias(Dictionary<string, float>? given)
    {
        Dictionary<int, float> bias = [];
        foreach ((string key, float value) in given ?? [])
        {
            if (!int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out int id) || !bias.TryAdd(id, value))
                throw ApiException.Invalid("logit_bias", $"logit_bias has the key '{key}'; each must be the id of a token, given once.");
        }

        return bias;
    }
}
