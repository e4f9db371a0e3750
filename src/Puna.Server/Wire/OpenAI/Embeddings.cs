using System.Text.Json;

namespace Puna.Server.Wire.OpenAI;

internal sealed record EmbeddingRequest : OpenRecord
{
    public string? Model { get; init; }

    /// <summary>A string, a list of strings, a list of tokens, or a list of lists of tokens.</summary>
    public JsonElement? Input { get; init; }

    public string? EncodingFormat { get; init; }
    public int? Dimensions { get; init; }
}

internal sealed record EmbeddingList(string Object, IReadOnlyList<EmbeddingObject> Data, string Model, EmbeddingUsage Usage);

/// <summary>An embedding: numbers, or the base64 of little-endian float32.</summary>
internal sealed record EmbeddingObject(string Object, int Index, JsonElement Embedding);

internal sealed record EmbeddingUsage(int PromptTokens, int TotalTokens);
