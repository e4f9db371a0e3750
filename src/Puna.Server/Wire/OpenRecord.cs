using System.Text.Json;
using System.Text.Json.Serialization;

namespace Puna.Server.Wire;

/// <summary>An object of a request. What it has no property for is kept, to be answered by name.</summary>
internal abstract record OpenRecord
{
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }
}
