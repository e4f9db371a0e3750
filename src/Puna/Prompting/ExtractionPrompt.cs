using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Puna.Prompting;

/// <summary>
/// The message that asks a model for a document's data. One wording for the command, the evaluation and the training of the built-in
/// model, so that what is measured is what is used.
/// </summary>
public static class ExtractionPrompt
{
    /// <summary>What is asked.</summary>
    public const string Instruction = "Extract the fields of the schema from the document. Answer with JSON only.";

    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The message about a document.</summary>
    /// <param name="schema">JSON Schema of the answer.</param>
    /// <param name="document">Text to read; whitespace around it is left out.</param>
    public static string Write(JsonObject schema, string document)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(document);
        return Write(Instruction, schema.ToJsonString(Compact), document.Trim());
    }

    /// <summary>The message in a wording of the caller's.</summary>
    /// <param name="instruction">What is asked.</param>
    /// <param name="schema">JSON Schema of the answer, as text.</param>
    /// <param name="document">Text to read.</param>
    public static string Write(string instruction, string schema, string document) => $"{instruction}\n\nSchema:\n{schema}\n\nDocument:\n{document}";
}
