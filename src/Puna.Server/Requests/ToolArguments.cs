using System.Text;
using System.Text.Json;

namespace Puna.Server.Requests;

/// <summary>Arguments of a tool call, by name.</summary>
internal static class ToolArguments
{
    /// <summary>Arguments that are JSON within a string, as the OpenAI API writes them.</summary>
    internal static Dictionary<string, object?> Read(string? json, string place)
    {
        if (string.IsNullOrWhiteSpace(json)) return [];

        try
        {
            return Read(JsonBody.Parse(Encoding.UTF8.GetBytes(json)), place);
        }
        catch (JsonException)
        {
            throw ApiException.Invalid(place, $"{place} is not JSON that can be read.", "invalid_json");
        }
    }

    internal static Dictionary<string, object?> Read(JsonElement json, string place) => json.ValueKind == JsonValueKind.Object
        ? json.EnumerateObject().ToDictionary(p => p.Name, p => (object?)p.Value.Clone())
        : throw ApiException.Invalid(place, $"{place} is {JsonBody.Kind(json)}; an object is needed.", "invalid_type");
}
