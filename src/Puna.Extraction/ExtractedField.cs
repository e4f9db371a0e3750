using System.Text.Json;
using Puna.Extraction.Evidence;

namespace Puna.Extraction;

/// <summary>A single value of an answer.</summary>
/// <param name="Pointer">Its place in the answer, a JSON pointer.</param>
/// <param name="Value">The value: a string, a number, true, false or null.</param>
/// <param name="Confidence">
/// Probability, 0 to 1, that the model itself, without the schema's hold on it, gave to the value's tokens after all that stood before
/// them. It says how sure the model was, not how often it is right.
/// </param>
/// <param name="Evidence">The place in the document that says so; null where none does, and for null and empty text, which need none.</param>
public sealed record ExtractedField(string Pointer, JsonElement Value, double Confidence, FieldEvidence? Evidence)
{
    /// <summary>True for a value that the document should give and does not.</summary>
    public bool IsNotInSource => Evidence is null && Value.ValueKind != JsonValueKind.Null && !(Value.ValueKind == JsonValueKind.String && string.IsNullOrWhiteSpace(Value.GetString()));
}
