using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server.Requests;

/// <summary>OpenAI's shape, and in the streams of responses an event of its own.</summary>
internal sealed class ResponsesErrors : IErrorShape
{
    internal static ResponsesErrors Instance { get; } = new();

    public JsonTypeInfo Type => OpenAIJson.Wire.ErrorReply;

    public string? EventName => "error";

    public byte[] Body(ApiError error) => OpenAIErrors.Instance.Body(error);

    public byte[] LastPiece(ApiError error) => JsonSerializer.SerializeToUtf8Bytes(
        new ResponseErrorEvent("error", error.Code, error.Message, error.Parameter), OpenAIJson.Wire.ResponseErrorEvent);
}
