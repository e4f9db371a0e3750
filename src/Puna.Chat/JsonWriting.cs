using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Puna.Chat;

/// <summary>JSON that is written piece by piece, as text or read back.</summary>
internal static class JsonWriting
{
    /// <summary>Only what JSON itself asks for is escaped.</summary>
    internal static JsonWriterOptions Relaxed { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The JSON as text.</summary>
    internal static string Write(Action<Utf8JsonWriter> write, JsonWriterOptions? options = null)
    {
        using MemoryStream buffer = Fill(write, options ?? Relaxed);
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>The JSON as an element, which needs no disposal.</summary>
    internal static JsonElement Build(Action<Utf8JsonWriter> write)
    {
        using MemoryStream buffer = Fill(write, Relaxed);
        return JsonElement.Parse(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    private static MemoryStream Fill(Action<Utf8JsonWriter> write, JsonWriterOptions options)
    {
        MemoryStream buffer = new();
        using Utf8JsonWriter writer = new(buffer, options);
        write(writer);
        return buffer;
    }
}
