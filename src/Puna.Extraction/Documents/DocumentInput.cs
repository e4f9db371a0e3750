namespace Puna.Extraction.Documents;

/// <summary>What reading brought: a document, or why there is none.</summary>
/// <param name="Name">Name of the document.</param>
/// <param name="Document">The document, or null.</param>
/// <param name="Error">Why it could not be read, or null.</param>
public sealed record DocumentInput(string Name, SourceDocument? Document, string? Error)
{
    /// <summary>Of a file with many documents, its bytes read so far; 0 of others.</summary>
    public long Position { get; init; }
}
