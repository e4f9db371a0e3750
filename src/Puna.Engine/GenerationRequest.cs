using Puna.Engine.Constraints;
using Puna.Engine.Sampling;

namespace Puna.Engine;

/// <summary>What to continue, how to choose tokens, and when to stop.</summary>
public sealed record GenerationRequest
{
    /// <summary>Token ids, at least one.</summary>
    public required IReadOnlyList<int> Prompt { get; init; }

    /// <summary>How tokens are chosen; as it stands, from the whole distribution at temperature 1.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>Most tokens to generate; null for as many as the context holds.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Most strings in <see cref="Stop"/>.</summary>
    public const int MaxStops = StopMatcher.MaxStops;

    /// <summary>Longest string in <see cref="Stop"/>, in UTF-16 code units.</summary>
    public const int MaxStopLength = StopMatcher.MaxStopLength;

    /// <summary>Strings that end the text; they are not part of it.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>Go on after tokens that end a turn or a text.</summary>
    public bool IgnoreEndOfGeneration { get; init; }

    /// <summary>Write special tokens by their names into the text.</summary>
    public bool IncludeSpecial { get; init; }

    /// <summary>
    /// Form that the generated text must have, or null. Tokens outside it have no chance, special tokens among them; the end of the turn
    /// is allowed exactly where the text may end. Text cut short by <see cref="MaxTokens"/> or <see cref="Stop"/> is only a beginning of that form.
    /// </summary>
    public Constraint? Constraint { get; init; }
}
