using System.Text.Encodings.Web;
using System.Text.Json;

namespace Puna.Training.Commands;

/// <summary>A line of labelled texts, as <c>puna guard eval</c> reads them.</summary>
internal static class LabelledLine
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(FileStream file, string text, bool positive, string category)
    {
        using (Utf8JsonWriter writer = new(file, Plain))
        {
            writer.WriteStartObject();
            writer.WriteString("text", text);
            writer.WriteNumber("label", positive ? 1 : 0);
            writer.WriteString("category", category);
            writer.WriteEndObject();
        }

        file.WriteByte((byte)'\n');
    }
}
