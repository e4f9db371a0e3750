using System.Text.Encodings.Web;
using System.Text.Json;

namespace Puna.Training.Export;

/// <summary>JSON files that are one object.</summary>
internal static class JsonDocuments
{
    /// <summary>The bytes of an object with what <paramref name="content"/> writes into it.</summary>
    public static byte[] Write(Action<Utf8JsonWriter> content, bool indented)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = indented, Encoder = indented ? null : JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            content(json);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }
}
