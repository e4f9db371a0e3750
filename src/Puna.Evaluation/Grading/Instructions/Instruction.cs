using System.Text.Json;

namespace Puna.Evaluation.Grading.Instructions;

/// <summary>One verifiable instruction of an IFEval prompt with its arguments.</summary>
/// <param name="Id">Its name in the data, such as <c>punctuation:no_comma</c>.</param>
/// <param name="Arguments">Its arguments; null is the same as absent.</param>
internal sealed record Instruction(string Id, IReadOnlyDictionary<string, JsonElement> Arguments)
{
    /// <summary>The instruction of a data row.</summary>
    public static Instruction Of(string id, JsonElement arguments)
    {
        Dictionary<string, JsonElement> kept = new(StringComparer.Ordinal);
        if (arguments.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty argument in arguments.EnumerateObject())
            {
                if (argument.Value.ValueKind != JsonValueKind.Null) kept[argument.Name] = argument.Value;
            }
        }

        return new Instruction(id, kept);
    }

    public string Text(string name) => Arguments.TryGetValue(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Lacks(name, "a text");

    // Some copies of the data hold whole numbers as 3.0.
    public int Count(string name) => Arguments.TryGetValue(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.GetDouble() is >= 0 and <= int.MaxValue and var count ? (int)count : throw Lacks(name, "a number");

    public IReadOnlyList<string> Texts(string name) => Arguments.TryGetValue(name, out JsonElement value) && value.ValueKind == JsonValueKind.Array
        ? [.. value.EnumerateArray().Select(item => item.GetString() ?? throw Lacks(name, "texts"))]
        : throw Lacks(name, "a list of texts");

    /// <summary>Whether a count stands in the relation an argument names: <c>less than</c> or <c>at least</c> the threshold.</summary>
    public bool Relation(string name, int count, int threshold) => Text(name) switch
    {
        "less than" => count < threshold,
        "at least" => count >= threshold,
        var other => throw new EvaluationException($"{Id}: the relation '{other}' is neither 'less than' nor 'at least'. Take the data as published."),
    };

    private EvaluationException Lacks(string name, string kind) => new($"{Id}: the item gives no {name} ({kind} is needed). Take the data as published.");
}
