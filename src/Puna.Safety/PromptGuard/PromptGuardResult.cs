namespace Puna.Safety.PromptGuard;

/// <summary>The score of a part of a text.</summary>
/// <param name="Start">First UTF-16 unit.</param>
/// <param name="End">Unit behind the last.</param>
/// <param name="Score">Probability that it tries to override instructions, 0 to 1.</param>
/// <param name="IsSentenceGroup">A group of sentences rather than a window.</param>
public readonly record struct ScoredSpan(int Start, int End, float Score, bool IsSentenceGroup);

/// <summary>What a scan found.</summary>
/// <param name="Top">The part of highest score; an empty text has one of score 0.</param>
/// <param name="Parts">All parts that were scored, in order: windows, then groups.</param>
/// <param name="Tokens">Tokens of the text.</param>
/// <param name="Complete">False when a score ended the scan early.</param>
public sealed record PromptGuardResult(ScoredSpan Top, IReadOnlyList<ScoredSpan> Parts, int Tokens, bool Complete)
{
    /// <summary>The highest score.</summary>
    public float Score => Top.Score;
}
