namespace Puna.Server.Requests;

/// <summary>What an endpoint calls the fields that errors of the engine are about. Names that it shares with chat completions are not listed.</summary>
internal sealed class FieldNames(params IReadOnlyList<(string Ours, string Theirs)> renamed)
{
    /// <summary>The conversation or text to answer, as chat completions call it.</summary>
    internal const string Prompt = "messages";

    /// <summary>The JSON Schema of the answer.</summary>
    internal const string Schema = "response_format.json_schema.schema";

    /// <summary>Those of chat completions.</summary>
    internal static FieldNames Chat { get; } = new();

    /// <summary>The endpoint's name for a field of chat completions.</summary>
    internal string this[string name] => renamed.FirstOrDefault(r => r.Ours == name).Theirs ?? name;
}
