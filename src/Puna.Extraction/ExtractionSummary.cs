namespace Puna.Extraction;

/// <summary>A document that failed.</summary>
/// <param name="Document">Its name.</param>
/// <param name="Error">Why.</param>
public sealed record ExtractionFailure(string Document, string Error);

/// <summary>How far a run has come, or what came of it.</summary>
/// <param name="Extracted">Documents extracted by this run.</param>
/// <param name="Resumed">Documents whose results were there from before, or from a document with the same text.</param>
/// <param name="Failed">Documents that failed.</param>
/// <param name="NotInSource">Values, of the documents extracted by this run, that are not in their documents.</param>
/// <param name="Position">Bytes read, of those of all files.</param>
public sealed record ExtractionSummary(int Extracted, int Resumed, int Failed, int NotInSource, long Position)
{
    /// <summary>All documents.</summary>
    public int Documents => Extracted + Resumed + Failed;
}
