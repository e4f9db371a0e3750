using System.Text.Json;

namespace Puna.Extraction;

/// <summary>What was extracted from a document.</summary>
/// <param name="Document">The document's name.</param>
/// <param name="Hash">The document's <see cref="Documents.SourceDocument.Hash"/>.</param>
/// <param name="Value">The answer, valid under the schema.</param>
/// <param name="Fields">Its single values, in order.</param>
/// <param name="Parts">Parts that the document was read in.</param>
/// <param name="PromptTokens">Tokens read, of all parts.</param>
/// <param name="CompletionTokens">Tokens written, of all parts.</param>
public sealed record ExtractionResult(string Document, string Hash, JsonElement Value, IReadOnlyList<ExtractedField> Fields, int Parts, int PromptTokens, int CompletionTokens);
