using Puna.Engine.Sampling;

namespace Puna.Engine;

/// <summary>What one generated token brought.</summary>
/// <param name="Id">The token.</param>
/// <param name="Text">Text that became certain with it, whole characters, often empty.</param>
/// <param name="Logprob">Its log-probability, where asked for.</param>
/// <param name="TopLogprobs">The most likely tokens, best first, where asked for.</param>
public readonly record struct GenerationStep(int Id, string Text, float? Logprob, IReadOnlyList<TokenLogprob> TopLogprobs)
{
    /// <summary>Marks a step that brings only text that was held back.</summary>
    public const int NoToken = -1;
}
