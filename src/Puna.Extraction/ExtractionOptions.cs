namespace Puna.Extraction;

/// <summary>How documents are extracted.</summary>
public sealed record ExtractionOptions
{
    /// <summary>Most tokens of an answer.</summary>
    public int MaxTokens { get; init; } = 1024;

    /// <summary>
    /// Most tokens of a document that are read at once; a longer one is read in parts whose answers are merged. Null for what the context
    /// holds beside the schema and the answer.
    /// </summary>
    public int? PartTokens { get; init; }

    /// <summary>Tokens at the end of a part that the next one starts with again, as a share of the part, 0 to 0.5.</summary>
    public double Overlap { get; init; } = 0.125;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxTokens, 1);
        if (PartTokens is { } tokens) ArgumentOutOfRangeException.ThrowIfLessThan(tokens, DocumentExtractor.MinPartTokens, nameof(PartTokens));
        if (!(Overlap is >= 0 and <= 0.5)) throw new ArgumentOutOfRangeException(nameof(Overlap), Overlap, "Overlap must be 0 to 0.5.");
    }
}
