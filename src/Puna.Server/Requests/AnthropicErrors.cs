using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Puna.Server.Wire.Anthropic;

namespace Puna.Server.Requests;

/// <summary>Anthropic's shape: <c>{"type": "error", "error": {"type", "message"}, "request_id"}</c>.</summary>
internal sealed class AnthropicErrors : IErrorShape
{
    internal static AnthropicErrors Instance { get; } = new();

    public JsonTypeInfo Type => AnthropicJson.Wire.AnthropicErrorReply;

    public string? EventName => "error";

    public byte[] Body(ApiError error) => JsonSerializer.SerializeToUtf8Bytes(
        new AnthropicErrorReply("error", new AnthropicErrorBody(TypeOf(error.Status), error.Message), Identifiers.New("req_")), AnthropicJson.Wire.AnthropicErrorReply);

    private static string TypeOf(int status) => status switch
    {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        503 => "overloaded_error",
        504 => "timeout_error",
        >= 500 => "api_error",
        _ => "invalid_request_error",
    };
}
