using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Puna.Cli.Extraction;

/// <summary>The message that asks a model for a document's data. The built-in model is trained on this wording.</summary>
internal static class ExtractionPrompt
{
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="schema">JSON Schema of the answer.</param>
    /// <param name="document">Text to read.</param>
    internal static string Write(JsonObject schema, string document) =>
        $"Extract the fields of the schema from the document. Answer with JSON only.\n\nSchema:\n{schema.ToJsonString(Compact)}\n\nDocument:\n{document.Trim()}";
}
