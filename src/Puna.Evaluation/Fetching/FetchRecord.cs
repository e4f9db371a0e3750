using System.Text.Json.Serialization;

namespace Puna.Evaluation.Fetching;

/// <summary>What was fetched: an entry of <c>fetched.json</c>.</summary>
/// <param name="Url">Where it came from.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Its hash in hexadecimal.</param>
/// <param name="ETag">What the server called this version; null where it did not say.</param>
/// <param name="FetchedAt">When.</param>
public sealed record FetchRecord(string Url, long Bytes, string Sha256, string? ETag, DateTimeOffset FetchedAt);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(SortedDictionary<string, FetchRecord>))]
internal sealed partial class FetchJson : JsonSerializerContext;
