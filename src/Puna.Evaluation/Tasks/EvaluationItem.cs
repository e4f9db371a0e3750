using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Puna.Evaluation.Tasks;

/// <summary>One question of a benchmark.</summary>
/// <param name="Id">Names it within its task; the same in every run over the same data.</param>
/// <param name="Group">Subject, category or language that scores are also given for; "" where there is none.</param>
/// <param name="Fields">What the question consists of, under names that the task chose. Not changed after reading.</param>
public sealed record EvaluationItem(string Id, string Group, JsonObject Fields)
{
    /// <summary>A field of text.</summary>
    /// <exception cref="EvaluationException">There is no such field, or it is no string.</exception>
    public string Text(string field) =>
        Fields[field] is JsonValue value && value.TryGetValue(out string? text) ? text : throw Missing(field, "a string");

    /// <summary>A field that is a list of texts.</summary>
    /// <exception cref="EvaluationException">There is no such field, or it is no list of strings.</exception>
    public IReadOnlyList<string> Texts(string field)
    {
        if (Fields[field] is not JsonArray array) throw Missing(field, "a list of strings");
        string[] texts = new string[array.Count];
        for (int i = 0; i < texts.Length; i++)
            texts[i] = array[i] is JsonValue value && value.TryGetValue(out string? text) ? text : throw Missing(field, "a list of strings");
        return texts;
    }

    /// <summary>A field that is a whole number, also where the file wrote it as text.</summary>
    /// <exception cref="EvaluationException">There is no such field, or it is no whole number.</exception>
    public int Number(string field)
    {
        if (Fields[field] is JsonValue value)
        {
            if (value.TryGetValue(out int number)) return number;
            if (value.TryGetValue(out long wide) && wide is >= int.MinValue and <= int.MaxValue) return (int)wide;
            if (value.TryGetValue(out string? text) && int.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out number)) return number;
        }

        throw Missing(field, "a whole number");
    }

    /// <summary>A field of any kind.</summary>
    /// <exception cref="EvaluationException">There is no such field.</exception>
    internal JsonElement Element(string field) => (Fields[field] ?? throw Missing(field, "there")).Deserialize(Runs.EvaluationJson.Default.JsonElement);

    /// <summary>SHA-256 of the fields in hexadecimal: tells a changed question from the same one.</summary>
    public string Hash => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Fields.ToJsonString())));

    private EvaluationException Missing(string field, string kind) =>
        new($"Item {Id}: the field '{field}' must be {kind}, and is {(Fields[field] is { } node ? node.GetValueKind().ToString().ToLowerInvariant() : "missing")}. It has: {string.Join(", ", Fields.Select(f => f.Key))}.");
}
