using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Puna.Evaluation.Models;

namespace Puna.Evaluation.Runs;

/// <summary>JSON of everything that is stored: names in snake case, numbers so that they read back to the same bits.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(ItemResult))]
[JsonSerializable(typeof(RunSummary))]
[JsonSerializable(typeof(ModelRequest))]
[JsonSerializable(typeof(ModelAnswer))]
[JsonSerializable(typeof(JournalEntry))]
[JsonSerializable(typeof(JsonObject))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class EvaluationJson : JsonSerializerContext
{
    /// <summary>As <see cref="JsonSerializerContext"/>'s own, with text written as it is rather than escaped.</summary>
    internal static EvaluationJson Readable => field ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>As <see cref="Readable"/>, on several lines.</summary>
    internal static EvaluationJson Indented => field ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = true });

    /// <summary>SHA-256, in hexadecimal, of a value's JSON.</summary>
    internal static string Hash<T>(T value, JsonTypeInfo<T> type) => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(value, type)));
}
