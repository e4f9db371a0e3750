using System.Text.Json.Serialization;

namespace Puna.Evaluation.Models;

/// <summary>A turn of a conversation.</summary>
/// <param name="Role">system, user or assistant.</param>
/// <param name="Text">What is said.</param>
public sealed record PromptTurn(string Role, string Text);

/// <summary>What is put to a model: a text or a conversation, to go on from or to score continuations after. Everything that decides the answer is in it.</summary>
public sealed record ModelRequest
{
    /// <summary>Plain text, for models that continue; null where <see cref="Turns"/> are given.</summary>
    public string? Prompt { get; init; }

    /// <summary>A conversation, for models that answer in a chat format.</summary>
    public IReadOnlyList<PromptTurn> Turns { get; init; } = [];

    /// <summary>Beginning of the assistant's answer; not part of <see cref="ModelAnswer.Text"/>.</summary>
    public string Prefill { get; init; } = "";

    /// <summary>Texts whose log-likelihood after the prompt is asked for; null to write.</summary>
    public IReadOnlyList<string>? Continuations { get; init; }

    /// <summary>Most tokens to write.</summary>
    public int MaxTokens { get; init; } = 256;

    /// <summary>Texts that end the answer and are not part of it.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>Whether the recipe takes tokens out of the middle of a prompt that does not fit, rather than refuse it; counted as a cut prompt.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool CutsMiddle { get; init; }

    /// <summary>A JSON Schema (draft 2020-12) that the answer is held to as it is written; null for free text.</summary>
    public string? JsonSchema { get; init; }

    /// <summary>0 for the most likely token at every step.</summary>
    public float Temperature { get; init; }

    /// <summary>Seed of the draws where <see cref="Temperature"/> is above 0.</summary>
    public int Seed { get; init; }

    /// <summary>The request as a person reads it.</summary>
    public string Display => (Prompt ?? string.Join("\n\n", Turns.Select(turn => $"[{turn.Role}]\n{turn.Text}"))) + (Prefill.Length > 0 ? $"\n\n[assistant begins]\n{Prefill}" : "");
}
