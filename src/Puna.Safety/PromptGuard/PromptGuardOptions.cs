namespace Puna.Safety.PromptGuard;

/// <summary>How a Prompt Guard model is loaded.</summary>
public sealed record PromptGuardOptions
{
    /// <summary>Threads; null for one per core that the process may use.</summary>
    public int? Threads { get; init; }

    /// <summary>Tokens that are computed side by side, at least one window.</summary>
    public int BatchTokens { get; init; } = 2048;
}

/// <summary>How a text is scanned.</summary>
public sealed record PromptGuardScan
{
    /// <summary>Also score groups of sentences by themselves: a long benign text around an attack lowers its window's score.</summary>
    public bool SentenceGroups { get; init; } = true;

    /// <summary>
    /// The text is data from others (a document, a tool's result), in which a three-class model's "injection" counts as
    /// well. In a user's own words it must not: that class means any instruction.
    /// </summary>
    public bool ThirdParty { get; init; }

    /// <summary>Stop as soon as a score reaches this; above 1 never.</summary>
    public float StopAt { get; init; } = 2f;
}
