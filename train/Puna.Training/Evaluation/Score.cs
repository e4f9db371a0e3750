using System.Text.Json;
using System.Text.Json.Nodes;

namespace Puna.Training.Evaluation;

/// <summary>How many of how many, with a 95 % Wilson interval.</summary>
internal sealed class Score
{
    private const double Z = 1.959964;

    public int Right { get; private set; }

    public int Of { get; private set; }

    public void Add(bool right)
    {
        Of++;
        if (right) Right++;
    }

    public override string ToString()
    {
        if (Of == 0) return "none";

        double p = (double)Right / Of, n = Of, middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n), half = Z / (1 + Z * Z / n) * Math.Sqrt(p * (1 - p) / n + Z * Z / (4 * n * n));
        return FormattableString.Invariant($"{100 * p:F1} % ({Right} of {Of}; 95 % interval {Math.Max(0, 100 * (middle - half)):F1} to {100 * (middle + half):F1})");
    }

    /// <summary>Marks each expected field right where the answer has it with an equal value; numbers compare by value, text exactly.</summary>
    public static IEnumerable<(string Field, bool Right)> Fields(string expected, string answer)
    {
        JsonObject wanted = (JsonObject)JsonNode.Parse(expected)!;
        JsonObject? given = Parse(answer);
        foreach ((string name, JsonNode? value) in wanted)
            yield return (name, given is not null && given.TryGetPropertyValue(name, out JsonNode? own) && Same(value, own));
    }

    private static bool Same(JsonNode? a, JsonNode? b) => (a, b) switch
    {
        (JsonValue x, JsonValue y) when x.GetValueKind() == JsonValueKind.Number && y.GetValueKind() == JsonValueKind.Number => x.GetValue<double>() == y.GetValue<double>(),
        (JsonArray x, JsonArray y) => x.Count == y.Count && x.Zip(y).All(pair => Same(pair.First, pair.Second)),
        (JsonObject x, JsonObject y) => x.Count == y.Count && x.All(p => y.TryGetPropertyValue(p.Key, out JsonNode? other) && Same(p.Value, other)),
        _ => JsonNode.DeepEquals(a, b),
    };

    private static JsonObject? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject is { } value && value.Count >= 0 ? value : null;
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            return null; // no JSON, or a name twice
        }
    }
}
