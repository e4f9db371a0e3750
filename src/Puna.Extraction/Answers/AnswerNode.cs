using System.Text.Json;
using Puna.Extraction.Evidence;

namespace Puna.Extraction.Answers;

/// <summary>A value of an answer.</summary>
internal abstract record AnswerNode
{
    /// <summary>The leaves with their places as JSON pointers.</summary>
    internal IEnumerable<(string Pointer, AnswerLeaf Leaf)> Leaves(string pointer = "") => this switch
    {
        AnswerObject o => o.Properties.SelectMany(p => p.Value.Leaves($"{pointer}/{p.Name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}")),
        AnswerArray a => a.Items.SelectMany((item, index) => item.Leaves($"{pointer}/{index}")),
        _ => [(pointer, (AnswerLeaf)this)],
    };

    /// <summary>Whether any of it was found in the document.</summary>
    internal bool IsSupported => Leaves().Any(leaf => leaf.Leaf.Evidence is not null);

    internal void Write(Utf8JsonWriter writer)
    {
        switch (this)
        {
            case AnswerObject o:
                writer.WriteStartObject();
                foreach ((string name, AnswerNode value) in o.Properties)
                {
                    writer.WritePropertyName(name);
                    value.Write(writer);
                }

                writer.WriteEndObject();
                break;
            case AnswerArray a:
                writer.WriteStartArray();
                foreach (AnswerNode item in a.Items) item.Write(writer);
                writer.WriteEndArray();
                break;
            case AnswerLeaf leaf:
                leaf.Value.WriteTo(writer);
                break;
        }
    }

    /// <summary>The value as compact JSON.</summary>
    internal byte[] ToJson()
    {
        using MemoryStream json = new();
        using (Utf8JsonWriter writer = new(json, ExtractionRecord.Options)) Write(writer);
        return json.ToArray();
    }
}

/// <summary>An object: its properties in the order written.</summary>
internal sealed record AnswerObject(IReadOnlyList<(string Name, AnswerNode Value)> Properties) : AnswerNode;

/// <summary>An array.</summary>
internal sealed record AnswerArray(IReadOnlyList<AnswerNode> Items) : AnswerNode;

/// <summary>A string, a number, true, false or null.</summary>
/// <param name="Value">The value.</param>
/// <param name="Confidence">Probability that the model gave to its tokens.</param>
/// <param name="Evidence">Where the document says so, or null.</param>
internal sealed record AnswerLeaf(JsonElement Value, double Confidence, FieldEvidence? Evidence) : AnswerNode;
