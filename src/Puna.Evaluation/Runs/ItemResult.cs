namespace Puna.Evaluation.Runs;

/// <summary>A question as it was asked, answered and marked: a line of <c>results.jsonl</c>. Nothing in it depends on when or how fast it was answered.</summary>
public sealed record ItemResult
{
    /// <summary>The item.</summary>
    public required string Id { get; init; }

    /// <summary>Its subject; "" for none.</summary>
    public string Group { get; init; } = "";

    /// <summary>Which time it was asked, from 0.</summary>
    public int Repeat { get; init; }

    /// <summary>SHA-256 of the item's fields.</summary>
    public required string ItemHash { get; init; }

    /// <summary>SHA-256 of the request.</summary>
    public required string PromptHash { get; init; }

    /// <summary>SHA-256 of the right answer.</summary>
    public required string TargetHash { get; init; }

    /// <summary>What the model was given.</summary>
    public string Prompt { get; init; } = "";

    /// <summary>The right answer, as the recipe wants it.</summary>
    public string Target { get; init; } = "";

    /// <summary>What the model wrote; "" where continuations were scored.</summary>
    public string Output { get; init; } = "";

    /// <summary>Natural logarithm of the probability of every continuation.</summary>
    public IReadOnlyList<double> LogLikelihoods { get; init; } = [];

    /// <summary>What was read from the answer; null for nothing.</summary>
    public string? Prediction { get; init; }

    /// <summary>The rule that read it, or "none".</summary>
    public string Rule { get; init; } = "";

    /// <summary>Marks by metric.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>();

    /// <summary>"stop", "length", "scored" or "error".</summary>
    public string FinishReason { get; init; } = "";

    /// <summary>Why there is no answer, or null. Such an item counts as wrong and is counted apart.</summary>
    public string? Error { get; init; }

    /// <summary>Tokens of the prompt.</summary>
    public int PromptTokens { get; init; }

    /// <summary>Tokens written.</summary>
    public int CompletionTokens { get; init; }

    /// <summary>Begin-of-text tokens of the prompt; null where an endpoint does not tell.</summary>
    public int? BosTokens { get; init; }

    /// <summary>Tokens cut from the prompt.</summary>
    public int TruncatedTokens { get; init; }
}
