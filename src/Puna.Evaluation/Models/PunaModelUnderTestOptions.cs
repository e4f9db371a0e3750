namespace Puna.Evaluation.Models;

/// <summary>How a Puna model is asked. Only <see cref="Variant"/> and <see cref="TooLong"/> can change an answer or a score.</summary>
public sealed record PunaModelUnderTestOptions
{
    /// <summary>What the model was trained to do; null to read it from the file and its name.</summary>
    public ModelVariant? Variant { get; init; }

    /// <summary>What to do with prompts that do not fit.</summary>
    public PromptTooLong TooLong { get; init; }

    /// <summary>Sequences computed at the same time.</summary>
    public int Batch { get; init; } = 8;

    /// <summary>Rows of a pass when scoring.</summary>
    public int BatchTokens { get; init; } = 512;

    /// <summary>Seed of an order of asking other than the one that shares most of the work; null for that one.</summary>
    public int? Shuffle { get; init; }
}
