using System.Collections;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Puna.Engine.Sampling;
using Puna.Tokenizers;

namespace Puna.Prompting;

/// <summary>
/// Sampling options beyond those that <see cref="ChatOptions"/> has members for, by the names that other servers use. Numbers
/// may be of any number type, or JSON. A name that is not known is refused.
/// </summary>
internal static class AdditionalSampling
{
    private const string Known = "min_p, typical_p, repetition_penalty, repeat_last_n, min_keep, dry_multiplier, dry_base, dry_allowed_length, "
        + "dry_penalty_last_n, dry_sequence_breakers, xtc_probability, xtc_threshold, logit_bias, logprobs and top_logprobs";

    /// <summary>Applies all properties to <paramref name="sampling"/>.</summary>
    /// <exception cref="UnsupportedChatFeatureException">A name is not known, or a value is of the wrong type.</exception>
    /// <exception cref="SamplingOptionException">A value is out of range.</exception>
    internal static SamplingOptions Apply(AdditionalPropertiesDictionary? properties, SamplingOptions sampling, Tokenizer tokenizer)
    {
        if (properties is null) return sampling;

        DryOptions? dry = null;
        foreach ((string name, object? value) in properties)
        {
            if (value is null) continue;

            if (name.StartsWith("dry_", StringComparison.OrdinalIgnoreCase)) dry = ApplyDry(name, value, dry ?? sampling.Dry ?? new DryOptions { Multiplier = 0 }, tokenizer);
            else sampling = ApplyOne(name, value, sampling);
        }

        return dry is null ? sampling : sampling with { Dry = dry };
    }

    private static SamplingOptions ApplyOne(string name, object value, SamplingOptions sampling) => name switch
    {
        "min_p" => sampling with { MinP = Single(name, value) },
        "typical_p" => sampling with { TypicalP = Single(name, value) },
        "repetition_penalty" => sampling with { RepetitionPenalty = Single(name, value) },
        "repeat_last_n" => sampling with { RepeatLastN = Int32(name, value) },
        "min_keep" => sampling with { MinKeep = Int32(name, value) },
        "xtc_probability" => sampling with { XtcProbability = Single(name, value) },
        "xtc_threshold" => sampling with { XtcThreshold = Single(name, value) },
        "logit_bias" => sampling with { LogitBias = Bias(name, value) },
        "logprobs" => sampling with { Logprobs = Boolean(name, value) },
        "top_logprobs" => sampling with { TopLogprobs = Int32(name, value) },
        _ => throw Unsupported(name, $"it is not a name that this client knows. Known are {Known}."),
    };

    private static DryOptions ApplyDry(string name, object value, DryOptions dry, Tokenizer tokenizer) => name switch
    {
        "dry_multiplier" => dry with { Multiplier = Single(name, value) },
        "dry_base" => dry with { Base = Single(name, value) },
        "dry_allowed_length" => dry with { AllowedLength = Int32(name, value) },
        "dry_penalty_last_n" => dry with { LastN = Int32(name, value) },
        "dry_sequence_breakers" => dry with { SequenceBreakers = Breakers(name, value, tokenizer) },
        _ => throw Unsupported(name, $"it is not a name that this client knows. Known are {Known}."),
    };

    private static float Single(string name, object value) => (float)Number(name, value);

    private static int Int32(string name, object value)
    {
        double number = Number(name, value);
        return number == Math.Floor(number) && Math.Abs(number) <= int.MaxValue ? (int)number : throw WrongType(name, value, "a whole number");
    }

    private static double Number(string name, object value) => value switch
    {
        float or double or decimal or int or long or short or byte or uint or ulong or ushort or sbyte => Convert.ToDouble(value, CultureInfo.InvariantCulture),
        JsonElement { ValueKind: JsonValueKind.Number } json => json.GetDouble(),
        _ => throw WrongType(name, value, "a number"),
    };

    private static bool Boolean(string name, object value) => value switch
    {
        bool flag => flag,
        JsonElement { ValueKind: JsonValueKind.True or JsonValueKind.False } json => json.GetBoolean(),
        _ => throw WrongType(name, value, "true or false"),
    };

    private static Dictionary<int, float> Bias(string name, object value)
    {
        const string Wanted = "a dictionary from token id to number";
        Dictionary<int, float> bias = [];
        if (value is JsonElement { ValueKind: JsonValueKind.Object } json)
        {
            foreach (JsonProperty entry in json.EnumerateObject()) Add(entry.Name, entry.Value);
        }
        else if (value is IDictionary entries)
        {
            foreach (DictionaryEntry entry in entries) Add(Convert.ToString(entry.Key, CultureInfo.InvariantCulture), entry.Value ?? "");
        }
        else
        {
            throw WrongType(name, value, Wanted);
        }

        return bias;

        void Add(string? key, object number)
        {
            if (!int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out int id)) throw WrongType(name, key ?? "", Wanted);
            if (!bias.TryAdd(id, Single(name, number))) throw Unsupported(name, $"token {id} is given twice. Give it once.");
        }
    }

    private static List<int> Breakers(string name, object value, Tokenizer tokenizer)
    {
        const string Wanted = "a list of texts";
        IEnumerable<object?> items = value switch
        {
            JsonElement { ValueKind: JsonValueKind.Array } json => json.EnumerateArray().Select(item => (object?)item),
            IEnumerable list and not string => list.Cast<object?>(),
            _ => throw WrongType(name, value, Wanted),
        };
        List<int> ids = [];
        foreach (object? item in items)
        {
            string text = item switch
            {
                string s => s,
                JsonElement { ValueKind: JsonValueKind.String } json => json.GetString()!,
                _ => throw WrongType(name, item ?? "null", Wanted),
            };
            ids.Add(tokenizer.TryGetId(text, out int id) ? id : throw Unsupported(name, $"'{text}' is not a single token of this model. Give texts that are, such as a newline."));
        }

        return ids;
    }

    private static UnsupportedChatFeatureException WrongType(string name, object value, string wanted) =>
        Unsupported(name, $"{wanted} is needed, not '{Convert.ToString(value, CultureInfo.InvariantCulture)}' ({value.GetType().Name}).");

    private static UnsupportedChatFeatureException Unsupported(string name, string reason) =>
        new($"{nameof(ChatOptions)}.{nameof(ChatOptions.AdditionalProperties)}[\"{name}\"]", reason);
}
