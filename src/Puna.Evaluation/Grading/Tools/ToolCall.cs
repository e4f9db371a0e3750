using System.Numerics;
using System.Text.Json;

namespace Puna.Evaluation.Grading.Tools;

/// <summary>
/// A call as a model wrote it. Values are null, bool, <see cref="BigInteger"/>, double, string, lists of values
/// (<c>List&lt;object?&gt;</c>) and dictionaries (<c>Dictionary&lt;string, object?&gt;</c>): Python tells whole numbers from others, so this does too.
/// </summary>
/// <param name="Name">The function, with its dots.</param>
/// <param name="Arguments">The named arguments; positional ones fall away, as upstream.</param>
internal sealed record ToolCall(string Name, IReadOnlyDictionary<string, object?> Arguments)
{
    /// <summary>Values of JSON: a number is whole when it is written without point and exponent.</summary>
    public static object? Value(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => element.GetRawText().AsSpan().ContainsAny('.', 'e', 'E') ? element.GetDouble() : BigInteger.Parse(element.GetRawText(), System.Globalization.CultureInfo.InvariantCulture),
        JsonValueKind.Array => element.EnumerateArray().Select(Value).ToList(),
        JsonValueKind.Object => Object(element),
        _ => null,
    };

    /// <summary>The members of a JSON object, of equal names the last.</summary>
    public static Dictionary<string, object?> Object(JsonElement element)
    {
        Dictionary<string, object?> members = new(StringComparer.Ordinal);
        foreach (JsonProperty property in element.EnumerateObject()) members[property.Name] = Value(property.Value);
        return members;
    }
}
