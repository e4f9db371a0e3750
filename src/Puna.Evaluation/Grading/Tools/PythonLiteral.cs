using System.Text.Json;

namespace Puna.Evaluation.Grading.Tools;

/// <summary>Writes a BFCL reference as the Python that a model should have written: of every list of accepted values the first that is one.</summary>
internal static class PythonLiteral
{
    /// <summary>A call of a reference: function name to parameter to accepted values.</summary>
    internal static string Call(JsonElement reference)
    {
        JsonProperty function = reference.EnumerateObject().First();
        return $"{function.Name}({string.Join(", ", Present(function.Value).Select(p => $"{p.Name}={Value(p.Value)}"))})";
    }

    /// <summary>Members with a value to write; a member whose accepted values are only <c>""</c> stays away.</summary>
    private static IEnumerable<(string Name, JsonElement Value)> Present(JsonElement members)
    {
        foreach (JsonProperty member in members.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.Array)
            {
                yield return (member.Name, member.Value);
                continue;
            }

            JsonElement[] accepted = [.. member.Value.EnumerateArray().Where(v => v.ValueKind != JsonValueKind.String || v.GetString()!.Length > 0)];
            if (accepted.Length > 0) yield return (member.Name, accepted[0]);
        }
    }

    private static string Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => "True",
        JsonValueKind.False => "False",
        JsonValueKind.Null => "None",
        JsonValueKind.Array => $"[{string.Join(", ", value.EnumerateArray().Select(Value))}]",
        JsonValueKind.Object => $"{{{string.Join(", ", Present(value).Select(p => $"{Text(p.Name)}: {Value(p.Value)}"))}}}",
        JsonValueKind.String => Text(value.GetString()!),
        _ => value.GetRawText(),
    };

    private static string Text(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal)}\"";
}
