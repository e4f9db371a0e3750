using System.Text.Json.Serialization;

namespace Puna.Server.Wire.Ollama;

[JsonSerializable(typeof(OllamaErrorReply))]
[JsonSerializable(typeof(OllamaVersion))]
[JsonSerializable(typeof(OllamaChatRequest))]
[JsonSerializable(typeof(OllamaChatReply))]
[JsonSerializable(typeof(OllamaGenerateRequest))]
[JsonSerializable(typeof(OllamaGenerateReply))]
[JsonSerializable(typeof(OllamaEmbedRequest))]
[JsonSerializable(typeof(OllamaEmbedReply))]
[JsonSerializable(typeof(OllamaEmbeddingRequest))]
[JsonSerializable(typeof(OllamaEmbeddingReply))]
[JsonSerializable(typeof(OllamaShowRequest))]
[JsonSerializable(typeof(OllamaShowReply))]
[JsonSerializable(typeof(OllamaModelList))]
internal sealed partial class OllamaJson : JsonSerializerContext
{
    /// <summary>The context with the options that all endpoints share.</summary>
    internal static OllamaJson Wire { get; } = new(WireOptions.New());
}
