namespace Puna.Extraction.Documents;

/// <summary>A document cannot be read. The message says why and what to do, without the document's name.</summary>
public sealed class DocumentException : Exception
{
    /// <summary>An error about a document.</summary>
    public DocumentException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
