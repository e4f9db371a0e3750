namespace Puna.Extraction;

/// <summary>A document could not be extracted, or results cannot be kept where they should be. The message says why and what to do.</summary>
public sealed class ExtractionException : Exception
{
    /// <summary>An error of extraction.</summary>
    public ExtractionException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
