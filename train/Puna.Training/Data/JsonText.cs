using System.Text.Encodings.Web;
using System.Text.Json;

namespace Puna.Training.Data;

/// <summary>Strings as compact JSON writes them, letters of every language as they are.</summary>
internal static class JsonText
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Quote(string text) => JsonSerializer.Serialize(text, Relaxed);
}
