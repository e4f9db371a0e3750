using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Puna.Server.Wire.Ollama;

namespace Puna.Server.Requests;

/// <summary>Ollama's shape: <c>{"error": message}</c>.</summary>
internal sealed class OllamaErrors : IErrorShape
{
    internal static OllamaErrors Instance { get; } = new();

    public JsonTypeInfo Type => OllamaJson.Wire.OllamaErrorReply;

    public byte[] Body(ApiError error) => JsonSerializer.SerializeToUtf8Bytes(new OllamaErrorReply(error.Message), OllamaJson.Wire.OllamaErrorReply);
}
