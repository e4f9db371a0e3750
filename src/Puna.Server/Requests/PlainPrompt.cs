using System.Text.Json;

namespace Puna.Server.Requests;

/// <summary>Text or tokens to read as they are, without a chat template.</summary>
internal static class PlainPrompt
{
    private const string Wanted = "a string, a list of strings, a list of tokens or a list of lists of tokens is needed";

    /// <summary>One text, or a list of at most <paramref name="most"/>, which are counted before any is tokenized.</summary>
    internal static List<int[]> ReadAll(JsonElement? prompt, string name, PunaModel model, int most)
    {
        if (prompt is not { } value || value.ValueKind == JsonValueKind.Null) throw ApiException.Invalid(name, $"{name} is missing; {Wanted}.", "missing_field");
        if (value.ValueKind == JsonValueKind.String) return [Read(value, name, model)];
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() == 0) throw ApiException.Invalid(name, $"{name} is {(value.ValueKind == JsonValueKind.Array ? "an empty array" : JsonBody.Kind(value))}; {Wanted}.", "invalid_type");
        if (value[0].ValueKind == JsonValueKind.Number) return [Read(value, name, model)];

        if (value.GetArrayLength() > most) throw ApiException.Invalid(name, $"{name} has {value.GetArrayLength()} texts; at most {most} are allowed.");
        List<int[]> prompts = [];
        foreach (JsonElement item in value.EnumerateArray()) prompts.Add(Read(item, $"{name}[{prompts.Count}]", model));
        return prompts;
    }

    /// <summary>Tokens of a text, in which special tokens are only text, after the token that begins one.</summary>
    internal static int[] Encode(string text, string place, PunaModel model)
    {
        int[] tokens = model.Tokenizer.Encode(text, model.AddsBos);
        return tokens.Length > 0 ? tokens : throw ApiException.Invalid(place, $"{place} is empty, and this model has no token that begins a text. Give at least a character.");
    }

    /// <summary>Text, or tokens, which may be special.</summary>
    private static int[] Read(JsonElement prompt, string place, PunaModel model)
    {
        if (prompt.ValueKind == JsonValueKind.String) return Encode(prompt.GetString()!, place, model);

        if (prompt.ValueKind != JsonValueKind.Array || prompt.GetArrayLength() == 0) throw ApiException.Invalid(place, $"{place} is neither text nor tokens.", "invalid_type");
        List<int> ids = [];
        foreach (JsonElement item in prompt.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt32(out int id) || (uint)id >= (uint)model.Tokenizer.VocabSize)
                throw ApiException.Invalid($"{place}[{ids.Count}]", $"{place}[{ids.Count}] is not the id of a token; this model has 0 to {model.Tokenizer.VocabSize - 1}.");
            ids.Add(id);
        }

        return [.. ids];
    }
}
