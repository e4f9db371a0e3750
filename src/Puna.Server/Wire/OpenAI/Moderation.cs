using System.Text.Json;
using System.Text.Json.Serialization;

namespace Puna.Server.Wire.OpenAI;

internal sealed record ModerationRequest : OpenRecord
{
    /// <summary>A string, a list of strings, or a list of parts that are one text together.</summary>
    public JsonElement? Input { get; init; }

    /// <summary>In place of input: a conversation whose last message is judged.</summary>
    public IReadOnlyList<ChatMessageIn>? Messages { get; init; }

    /// <summary>Ignored but for the answer: the policy names the model.</summary>
    public string? Model { get; init; }
}

internal sealed record ModerationReply(string Id, string Model, IReadOnlyList<ModerationResult> Results);

internal sealed record ModerationResult(
    bool Flagged, IReadOnlyDictionary<string, bool> Categories, IReadOnlyDictionary<string, float> CategoryScores, IReadOnlyDictionary<string, string[]> CategoryAppliedInputTypes, LlamaGuardOut LlamaGuard);

/// <summary>What the guard itself said. An addition to the OpenAI API.</summary>
/// <param name="Verdict">safe or unsafe.</param>
/// <param name="PUnsafe">Probability of unsafe.</param>
/// <param name="Codes">Categories that the guard named, where it is unsafe.</param>
/// <param name="FlaggedCategories">Their names.</param>
/// <param name="Scores">Score by code.</param>
/// <param name="Model">Fingerprint of the guard's weights.</param>
/// <param name="Template">Kind of the guard's prompt.</param>
internal sealed record LlamaGuardOut(string Verdict, float PUnsafe, IReadOnlyList<string> Codes, IReadOnlyList<string> FlaggedCategories, IReadOnlyDictionary<string, float> Scores, string Model, string Template);
