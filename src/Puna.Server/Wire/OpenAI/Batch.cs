using System.Text.Json;
using System.Text.Json.Serialization;

namespace Puna.Server.Wire.OpenAI;

internal sealed record BatchRequest : OpenRecord
{
    public string? InputFileId { get; init; }
    public string? Endpoint { get; init; }
    public string? CompletionWindow { get; init; }
    public Dictionary<string, string>? Metadata { get; init; }
}

/// <summary>A batch as the API tells of it, and as the database keeps it. Times are in seconds since 1970.</summary>
internal sealed record Batch
{
    public required string Id { get; init; }
    public string Object { get; init; } = "batch";
    public required string Endpoint { get; init; }
    public BatchErrors? Errors { get; init; }
    public required string InputFileId { get; init; }
    public required string CompletionWindow { get; init; }

    /// <summary>in_progress, completed, failed, expired or cancelled.</summary>
    public required string Status { get; init; }

    public string? OutputFileId { get; init; }
    public string? ErrorFileId { get; init; }
    public required long CreatedAt { get; init; }
    public long? InProgressAt { get; init; }
    public required long ExpiresAt { get; init; }
    public long? FinalizingAt { get; init; }
    public long? CompletedAt { get; init; }
    public long? FailedAt { get; init; }
    public long? ExpiredAt { get; init; }
    public long? CancellingAt { get; init; }
    public long? CancelledAt { get; init; }
    public BatchCounts RequestCounts { get; init; } = new(0, 0, 0);
    public Dictionary<string, string>? Metadata { get; init; }
}

internal sealed record BatchCounts(int Total, int Completed, int Failed);

internal sealed record BatchErrors(string Object, IReadOnlyList<BatchError> Data);

/// <summary>What is wrong with a line of a batch's input file.</summary>
internal sealed record BatchError(string Code, int? Line, string Message, string? Param);

internal sealed record BatchList(string Object, IReadOnlyList<Batch> Data, string? FirstId, string? LastId, bool HasMore);

/// <summary>A line of a batch's input file.</summary>
internal sealed record BatchLineIn : OpenRecord
{
    public string? CustomId { get; init; }
    public string? Method { get; init; }
    public string? Url { get; init; }
    public JsonElement? Body { get; init; }
}

/// <summary>A line of a batch's output or error file.</summary>
internal sealed record BatchLineOut(
    string Id, string CustomId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] BatchLineResponse? Response,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] BatchLineError? Error);

internal sealed record BatchLineResponse(int StatusCode, string RequestId, JsonElement Body);

internal sealed record BatchLineError(string Code, string Message);
