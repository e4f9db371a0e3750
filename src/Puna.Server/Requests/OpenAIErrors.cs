using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server.Requests;

/// <summary>OpenAI's shape: <c>{"error": {"message", "type", "param", "code"}}</c>.</summary>
internal sealed class OpenAIErrors : IErrorShape
{
    internal static OpenAIErrors Instance { get; } = new();

    public JsonTypeInfo Type => OpenAIJson.Wire.ErrorReply;

    public byte[] Body(ApiError error) => JsonSerializer.SerializeToUtf8Bytes(
        new ErrorReply(new ErrorBody(error.Message, TypeOf(error.Status), error.Parameter, error.Code)), OpenAIJson.Wire.ErrorReply);

    internal static string TypeOf(int status) => status switch
    {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        429 => "rate_limit_error",
        >= 500 => "server_error",
        _ => "invalid_request_error",
    };
}
