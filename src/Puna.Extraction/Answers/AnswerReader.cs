using System.Text;
using System.Text.Json;
using Puna.Extraction.Evidence;

namespace Puna.Extraction.Answers;

/// <summary>Reads an answer's JSON with the confidence and the evidence of each leaf.</summary>
internal static class AnswerReader
{
    internal const int MaxDepth = 256;

    /// <exception cref="JsonException">The answer is no JSON, or nested deeper than 256.</exception>
    internal static AnswerNode Read(TokenTrace trace, EvidenceFinder evidence)
    {
        byte[] json = Encoding.UTF8.GetBytes(trace.Text);
        Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        reader.Read();
        return ReadValue(ref reader, "", trace, evidence);
    }

    private static AnswerNode ReadValue(ref Utf8JsonReader reader, string field, TokenTrace trace, EvidenceFinder evidence)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                List<(string, AnswerNode)> properties = [];
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    string name = reader.GetString()!;
                    reader.Read();
                    properties.Add((name, ReadValue(ref reader, name, trace, evidence)));
                }

                return new AnswerObject(properties);
            case JsonTokenType.StartArray:
                List<AnswerNode> items = [];
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) items.Add(ReadValue(ref reader, field, trace, evidence));
                return new AnswerArray(items);
            default:
                int start = (int)reader.TokenStartIndex;
                JsonElement value = JsonElement.ParseValue(ref reader);
                return new AnswerLeaf(value, trace.Probability(start, (int)reader.BytesConsumed), evidence.Find(value, field));
        }
    }
}
