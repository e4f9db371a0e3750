using System.Text.Json.Serialization;

namespace Puna.Server.Wire.OpenAI;

internal sealed record ErrorReply(ErrorBody Error);

internal sealed record ErrorBody(
    string Message,
    string Type,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Param,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Code);
