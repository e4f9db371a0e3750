namespace Puna.Evaluation.Runs;

/// <summary>What of a recipe the caller may choose. Whatever differs from the recipe's own choice shows in the score's name.</summary>
public sealed record RunSettings
{
    /// <summary>Folder or file of the data; null for the built-in items.</summary>
    public string? Data { get; init; }

    /// <summary>Worked examples; null for the recipe's own number.</summary>
    public int? Shots { get; init; }

    /// <summary>Most items, taken from every group in proportion; null for all.</summary>
    public int? Limit { get; init; }

    /// <summary>Seed of that choice, and of the draw of worked examples where the recipe draws them.</summary>
    public int Seed { get; init; }
}
