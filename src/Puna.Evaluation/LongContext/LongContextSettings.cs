using Puna.Evaluation.Models;

namespace Puna.Evaluation.LongContext;

/// <summary>What questions about long texts are to be like.</summary>
public sealed record LongContextSettings
{
    /// <summary>Lengths of prompt and answer together, in tokens of the model.</summary>
    public required IReadOnlyList<int> Lengths { get; init; }

    /// <summary>Tokens of a request as the model reads it, its chat format included.</summary>
    public required Func<ModelRequest, int> CountTokens { get; init; }

    /// <summary>Whether the questions are put as a conversation; false for models that only continue text.</summary>
    public required bool Chat { get; init; }

    /// <summary>Questions of every task and length, or needles of every cell.</summary>
    public int Count { get; init; } = 3;

    /// <summary>Seed of everything that is drawn.</summary>
    public ulong Seed { get; init; }

    /// <summary>Text that things are hidden in; null for one that is made up, sentence by sentence.</summary>
    public string? Text { get; init; }
}
