using System.Numerics;
using System.Text;
using System.Text.Json;

namespace Puna.Evaluation.Grading.Tools;

/// <summary>Whether calls are the expected ones, by the rules of BFCL's syntax-tree checker for Python. Null is a pass, anything else says what is wrong.</summary>
internal static class CallMatch
{
    /// <summary>Checks an answer against its references.</summary>
    /// <param name="functions">The declared functions (name, parameters with properties and required), as in the data.</param>
    /// <param name="expected">One object per call: function name to parameter to the list of accepted values; <c>""</c> among them means the parameter may be absent.</param>
    /// <param name="calls">What the model called.</param>
    /// <param name="underscores">Whether dots in names were replaced by underscores for an endpoint that forbids them.</param>
    /// <returns>Null where all calls are right.</returns>
    public static string? Check(IReadOnlyList<JsonElement> functions, IReadOnlyList<JsonElement> expected, IReadOnlyList<ToolCall> calls, bool underscores = false)
    {
        if (calls.Count != expected.Count) return $"{calls.Count} calls where {expected.Count} are expected";
        if (expected.Count == 1) return CheckCall(functions, expected[0], calls[0], underscores);

        // Parallel calls have no order: every reference takes the first call left that fits it.
        List<ToolCall> left = [.. calls];
        foreach (JsonElement reference in expected)
        {
            int found = left.FindIndex(call => CheckCall(functions, reference, call, underscores) is null);
            if (found < 0) return $"no call fits {reference.EnumerateObject().First().Name}: {CheckCall(functions, reference, left[0], underscores)}";
            left.RemoveAt(found);
        }

        return null;
    }

    private static string? CheckCall(IReadOnlyList<JsonElement> functions, JsonElement reference, ToolCall call, bool underscores)
    {
        JsonProperty expected = reference.EnumerateObject().First();
        string name = underscores ? expected.Name.Replace('.', '_') : expected.Name;
        if (call.Name != name) return $"{call.Name} is called where {name} is expected";

        JsonElement function = functions.FirstOrDefault(f => f.GetProperty("name").GetString() == expected.Name);
        if (function.ValueKind != JsonValueKind.Object) throw new EvaluationException($"The reference names the function {expected.Name}, which the item does not declare. Fetch the data again: its two files do not belong together.");
        JsonElement parameters = function.GetProperty("parameters");
        JsonElement properties = parameters.GetProperty("properties");

        if (parameters.TryGetProperty("required", out JsonElement required))
        {
            foreach (JsonElement parameter in required.EnumerateArray())
            {
                if (!call.Arguments.ContainsKey(parameter.GetString()!)) return $"{name} lacks {parameter.GetString()}";
            }
        }

        foreach ((string parameter, object? value) in call.Arguments)
        {
            if (!properties.TryGetProperty(parameter, out JsonElement declared) || !expected.Value.TryGetProperty(parameter, out JsonElement accepted)) return $"{name} has no {parameter}";
            if (CheckValue(declared, accepted, value) is { } problem) return $"{name}.{parameter}: {problem}";
        }

        foreach (JsonProperty parameter in expected.Value.EnumerateObject())
        {
            if (!call.Arguments.ContainsKey(parameter.Name) && !MayBeAbsent(parameter.Value)) return $"{name} lacks {parameter.Name}";
        }

        return null;
    }

    private static bool MayBeAbsent(JsonElement accepted) => accepted.EnumerateArray().Any(value => value.ValueKind == JsonValueKind.String && value.GetString()!.Length == 0);

    private static string? CheckValue(JsonElement declared, JsonElement accepted, object? value)
    {
        string type = declared.GetProperty("type").GetString()!;
        object?[] references = [.. accepted.EnumerateArray().Select(ToolCall.Value)];
        if (type is "float" or "number" && value is BigInteger whole) value = (double)whole;

        // A reference of another type stands for a name or expression the declaration does not foresee.
        bool typed = HasType(type, value) || references.Any(reference => reference is not "" && KindOf(reference) == KindOf(value));
        if (!typed) return $"{KindOf(value)} where {type} is declared";

        bool equal = references.Any(reference => reference is Dictionary<string, object?> members && value is Dictionary<string, object?> given ? MembersMatch(members, given) : Same(reference, value));
        return equal ? null : "a value that is not accepted";
    }

    private static bool HasType(string type, object? value) => type switch
    {
        "integer" => value is BigInteger,
        "float" or "number" => value is double,
        "boolean" => value is bool,
        "string" or "any" => value is string,
        "array" or "tuple" => value is List<object?>,
        "dict" or "object" => value is Dictionary<string, object?>,
        _ => false,
    };

    private static string KindOf(object? value) => value switch
    {
        null => "none",
        bool => "boolean",
        BigInteger => "integer",
        double => "float",
        string => "string",
        List<object?> => "array",
        _ => "dict",
    };

    // A dictionary reference maps each member to its accepted values.
    private static bool MembersMatch(Dictionary<string, object?> reference, Dictionary<string, object?> value) =>
        value.All(member => reference.TryGetValue(member.Key, out object? accepted) && Accepts(accepted, member.Value))
        && reference.All(member => value.ContainsKey(member.Key) || (member.Value is List<object?> accepted && accepted.Contains("")));

    private static bool Accepts(object? accepted, object? value) => accepted is List<object?> values ? values.Any(reference => Same(reference, value)) : Same(accepted, value);

    private static bool Same(object? reference, object? value) => (reference, value) switch
    {
        (string a, string b) => Standard(a) == Standard(b),
        (bool a, bool b) => a == b,
        (bool, _) or (_, bool) => false,
        (BigInteger a, BigInteger b) => a == b,
        (BigInteger or double, BigInteger or double) => ToDouble(reference) == ToDouble(value),
        (List<object?> a, List<object?> b) => a.Count == b.Count && a.Zip(b).All(pair => ListItem(pair.First, pair.Second)),
        (Dictionary<string, object?> a, Dictionary<string, object?> b) => a.Count == b.Count && a.All(member => b.TryGetValue(member.Key, out object? other) && Same(member.Value, other)),
        _ => reference is null && value is null,
    };

    private static bool ListItem(object? reference, object? value) =>
        reference is Dictionary<string, object?> members && value is Dictionary<string, object?> given ? MembersMatch(members, given) : Same(reference, value);

    private static double ToDouble(object number) => number is BigInteger whole ? (double)whole : (double)number;

    /// <summary>Strings are compared without spaces and <c>, . / - _ * ^</c>, in lower case, with one kind of quote.</summary>
    private static string Standard(string text)
    {
        StringBuilder kept = new(text.Length);
        foreach (char c in text)
        {
            if (c is not (' ' or ',' or '.' or '/' or '-' or '_' or '*' or '^')) kept.Append(c == '\'' ? '"' : char.ToLowerInvariant(c));
        }

        return kept.ToString();
    }
}
