using System.Buffers;
using System.Text.Json;

namespace Puna.Evaluation.Grading.Fields;

/// <summary>
/// Quotes that an answer gives as evidence: a property of it maps the path of a field (<c>total</c>, <c>lines[0].name</c>) to the words of
/// the document that prove its value.
/// </summary>
internal static class FieldQuotes
{
    /// <summary>An object without its quotes.</summary>
    public static JsonElement Without(JsonElement answer, string property)
    {
        ArrayBufferWriter<byte> text = new();
        using (Utf8JsonWriter writer = new(text))
        {
            writer.WriteStartObject();
            foreach (JsonProperty field in answer.EnumerateObject().Where(field => field.Name != property)) field.WriteTo(writer);
            writer.WriteEndObject();
        }

        Utf8JsonReader reader = new(text.WrittenSpan);
        return JsonElement.ParseValue(ref reader);
    }

    /// <summary>The part of an answer's values that its quotes prove; 0 of no values.</summary>
    /// <param name="answer">The answer, an object.</param>
    /// <param name="property">The property that has the quotes.</param>
    /// <param name="document">The document.</param>
    public static double Proven(JsonElement answer, string property, string document)
    {
        JsonElement quotes = answer.TryGetProperty(property, out JsonElement given) && given.ValueKind == JsonValueKind.Object ? given : default;
        int values = 0, proven = 0;
        Count(Without(answer, property), "");
        return values == 0 ? 0 : (double)proven / values;

        void Count(JsonElement value, string path)
        {
            switch (value.ValueKind)
            {
                case JsonValueKind.Object:
                    foreach (JsonProperty field in value.EnumerateObject()) Count(field.Value, path.Length == 0 ? field.Name : $"{path}.{field.Name}");
                    break;
                case JsonValueKind.Array:
                    int index = 0;
                    foreach (JsonElement item in value.EnumerateArray()) Count(item, $"{path}[{index++}]");
                    break;
                case JsonValueKind.Null:
                    break;
                default:
                    values++;
                    if (quotes.ValueKind == JsonValueKind.Object && quotes.TryGetProperty(path, out JsonElement quote) && quote.ValueKind == JsonValueKind.String
                        && FieldExtraction.EvidenceHolds(document, quote.GetString()!, value)) proven++;
                    break;
            }
        }
    }
}
