using System.Text.Encodings.Web;
using System.Text.Json;
using Puna.Extraction.Evidence;

namespace Puna.Extraction;

/// <summary>Results as JSON, an object per line: see docs/extraction.md for its fields.</summary>
public static class ExtractionRecord
{
    internal static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 512 };

    /// <summary>A result as a line of JSON in UTF-8, with its line feed.</summary>
    /// <param name="result">The result.</param>
    /// <param name="settings">The extractor's <see cref="DocumentExtractor.SettingsHash"/>.</param>
    public static byte[] Write(ExtractionResult result, string settings)
    {
        ArgumentNullException.ThrowIfNull(result);
        return Line(writer =>
        {
            writer.WriteString("document", result.Document);
            writer.WriteString("hash", result.Hash);
            writer.WriteString("settings", settings);
            writer.WritePropertyName("value");
            result.Value.WriteTo(writer);
            writer.WriteStartArray("fields");
            foreach (ExtractedField field in result.Fields) WriteField(writer, field);
            writer.WriteEndArray();
            writer.WriteNumber("parts", result.Parts);
            writer.WriteNumber("prompt_tokens", result.PromptTokens);
            writer.WriteNumber("completion_tokens", result.CompletionTokens);
        });
    }

    /// <summary>A failure as a line of JSON in UTF-8, with its line feed.</summary>
    public static byte[] WriteFailure(string document, string error) => Line(writer =>
    {
        writer.WriteString("document", document);
        writer.WriteString("error", error);
    });

    /// <summary>The line of a result under the name of another document with the same text.</summary>
    internal static byte[] Rename(JsonElement record, string document) => Line(writer =>
    {
        foreach (JsonProperty property in record.EnumerateObject())
        {
            if (property.NameEquals("document"u8)) writer.WriteString("document", document);
            else property.WriteTo(writer);
        }
    });

    private static void WriteField(Utf8JsonWriter writer, ExtractedField field)
    {
        writer.WriteStartObject();
        writer.WriteString("path", field.Pointer);
        writer.WritePropertyName("value");
        field.Value.WriteTo(writer);
        writer.WriteNumber("confidence", Math.Round(field.Confidence, 4));
        writer.WriteBoolean("not_in_source", field.IsNotInSource);
        if (field.Evidence is { } evidence) WriteEvidence(writer, evidence);
        else writer.WriteNull("evidence");
        writer.WriteEndObject();
    }

    private static void WriteEvidence(Utf8JsonWriter writer, FieldEvidence evidence)
    {
        writer.WriteStartObject("evidence");
        writer.WriteNumber("start", evidence.Start);
        writer.WriteNumber("end", evidence.End);
        writer.WriteString("text", evidence.Text);
        writer.WriteString("match", evidence.Match.ToString().ToLowerInvariant());
        if (evidence.Page is { } page) writer.WriteNumber("page", page);
        writer.WriteNumber("line", evidence.Line);
        writer.WriteEndObject();
    }

    private static byte[] Line(Action<Utf8JsonWriter> properties)
    {
        using MemoryStream line = new();
        using (Utf8JsonWriter writer = new(line, Options))
        {
            writer.WriteStartObject();
            properties(writer);
            writer.WriteEndObject();
        }

        line.WriteByte((byte)'\n');
        return line.ToArray();
    }
}
