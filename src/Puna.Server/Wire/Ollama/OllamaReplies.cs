using System.Text.Json;
using System.Text.Json.Nodes;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server.Wire.Ollama;

internal sealed record OllamaErrorReply(string Error);

internal sealed record OllamaVersion(string Version);

/// <summary>A piece of an answer, or all of it. Times are in nanoseconds, and on the last piece alone.</summary>
internal abstract record OllamaReply(string Model, DateTimeOffset CreatedAt, bool Done)
{
    public string? DoneReason { get; init; }
    public long? TotalDuration { get; init; }
    public long? LoadDuration { get; init; }
    public int? PromptEvalCount { get; init; }
    public long? PromptEvalDuration { get; init; }
    public int? EvalCount { get; init; }
    public long? EvalDuration { get; init; }
    public IReadOnlyList<TokenLogprobs>? Logprobs { get; init; }

    /// <summary>On the last piece, where the server has a policy. An addition to the Ollama API.</summary>
    public SafetyOut? Safety { get; init; }
}

internal sealed record OllamaChatReply(string Model, DateTimeOffset CreatedAt, OllamaMessageOut Message, bool Done) : OllamaReply(Model, CreatedAt, Done);

internal sealed record OllamaGenerateReply(string Model, DateTimeOffset CreatedAt, string Response, bool Done) : OllamaReply(Model, CreatedAt, Done);

internal sealed record OllamaMessageOut(string Role, string Content, IReadOnlyList<OllamaToolCallOut>? ToolCalls);

internal sealed record OllamaToolCallOut(string Id, OllamaFunctionOut Function);

internal sealed record OllamaFunctionOut(int Index, string Name, JsonElement Arguments);

internal sealed record OllamaEmbedReply(string Model, IReadOnlyList<float[]> Embeddings, long TotalDuration, long LoadDuration, int PromptEvalCount);

internal sealed record OllamaEmbeddingReply(float[] Embedding);

internal sealed record OllamaModelList(IReadOnlyList<OllamaModel> Models);

/// <summary>A model. Expiry, memory on a graphics card and context length are told of loaded ones.</summary>
internal sealed record OllamaModel(string Name, string Model, DateTimeOffset? ModifiedAt, long Size, string Digest, OllamaModelDetails Details)
{
    public DateTimeOffset? ExpiresAt { get; init; }
    public long? SizeVram { get; init; }
    public int? ContextLength { get; init; }
}

internal sealed record OllamaModelDetails(string ParentModel, string Format, string Family, IReadOnlyList<string> Families, string ParameterSize, string QuantizationLevel);

internal sealed record OllamaShowReply(
    string? License, string Parameters, string Template, OllamaModelDetails Details, JsonObject ModelInfo, IReadOnlyList<string> Capabilities, DateTimeOffset ModifiedAt);
