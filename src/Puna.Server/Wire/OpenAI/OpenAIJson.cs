using System.Text.Json.Serialization;

namespace Puna.Server.Wire.OpenAI;

[JsonSerializable(typeof(ErrorReply))]
[JsonSerializable(typeof(ChatCompletionRequest))]
[JsonSerializable(typeof(ChatCompletion))]
[JsonSerializable(typeof(ChatChunk))]
[JsonSerializable(typeof(CompletionRequest))]
[JsonSerializable(typeof(Completion))]
[JsonSerializable(typeof(ResponseRequest))]
[JsonSerializable(typeof(ResponseItemIn))]
[JsonSerializable(typeof(ResponsePartIn))]
[JsonSerializable(typeof(Response))]
[JsonSerializable(typeof(ResponseEvent))]
[JsonSerializable(typeof(ResponseErrorEvent))]
[JsonSerializable(typeof(DeletedResponse))]
[JsonSerializable(typeof(EmbeddingRequest))]
[JsonSerializable(typeof(EmbeddingList))]
[JsonSerializable(typeof(float[]))]
[JsonSerializable(typeof(FileObject))]
[JsonSerializable(typeof(FileList))]
[JsonSerializable(typeof(DeletedFile))]
[JsonSerializable(typeof(BatchRequest))]
[JsonSerializable(typeof(Batch))]
[JsonSerializable(typeof(BatchList))]
[JsonSerializable(typeof(BatchLineIn))]
[JsonSerializable(typeof(BatchLineOut))]
[JsonSerializable(typeof(ModelList))]
[JsonSerializable(typeof(ModerationRequest))]
[JsonSerializable(typeof(ModerationReply))]
[JsonSerializable(typeof(TokenizeRequest))]
[JsonSerializable(typeof(TokenizeReply))]
[JsonSerializable(typeof(DetokenizeRequest))]
[JsonSerializable(typeof(DetokenizeReply))]
internal sealed partial class OpenAIJson : JsonSerializerContext
{
    /// <summary>The context with the options that all endpoints share.</summary>
    internal static OpenAIJson Wire { get; } = new(WireOptions.New());
}
