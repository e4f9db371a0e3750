using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Puna.Server.Wire;

/// <summary>How JSON is read and written on every endpoint.</summary>
internal static class WireOptions
{
    internal static JsonSerializerOptions New() => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // the answers are JSON, not HTML
        MaxDepth = Requests.JsonBody.MaxDepth,
    };
}
