namespace Puna.Evaluation.Models;

/// <summary>What a model made of a request.</summary>
public sealed record ModelAnswer
{
    /// <summary>The text it wrote, cut at the first stop text.</summary>
    public string Text { get; init; } = "";

    /// <summary>Natural logarithm of the probability of every continuation.</summary>
    public IReadOnlyList<double> LogLikelihoods { get; init; } = [];

    /// <summary>Whether every token of a continuation was the most likely one.</summary>
    public IReadOnlyList<bool> Greedy { get; init; } = [];

    /// <summary>Tokens of every continuation.</summary>
    public IReadOnlyList<int> ContinuationTokens { get; init; } = [];

    /// <summary>"stop", "length", "scored", or "refused" where the form asked for cannot be enforced; "error" where there is no answer.</summary>
    public string FinishReason { get; init; } = "stop";

    /// <summary>Why there is no answer; null where there is one.</summary>
    public string? Error { get; init; }

    /// <summary>Tokens of the prompt, as the model read them.</summary>
    public int PromptTokens { get; init; }

    /// <summary>Tokens written.</summary>
    public int CompletionTokens { get; init; }

    /// <summary>Begin-of-text tokens in the prompt: 1 unless the model has none. Null where an endpoint does not tell.</summary>
    public int? BosTokens { get; init; }

    /// <summary>Tokens cut from the prompt because it did not fit.</summary>
    public int TruncatedTokens { get; init; }

    /// <summary>True where there is no answer.</summary>
    public bool Failed => Error is not null;
}
