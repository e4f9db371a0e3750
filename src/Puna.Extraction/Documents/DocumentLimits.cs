namespace Puna.Extraction.Documents;

/// <summary>The most that is taken from a document. Documents come from strangers: what is larger is refused before it is read.</summary>
public sealed record DocumentLimits
{
    /// <summary>Bytes of a text or PDF file. CSV and JSON-lines files are read record by record and may be of any size.</summary>
    public long FileBytes { get; init; } = 64L << 20;

    /// <summary>Characters of a document, or of a record.</summary>
    public int Characters { get; init; } = 2_000_000;

    /// <summary>Pages of a PDF file.</summary>
    public int PdfPages { get; init; } = 500;

    /// <summary>Bytes that the compressed parts of a PDF file may unpack to, all together.</summary>
    public long PdfUnpackedBytes { get; init; } = 256L << 20;

    /// <summary>Time to read a PDF file.</summary>
    public TimeSpan PdfTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Fields of a CSV record.</summary>
    public int CsvFields { get; init; } = 1_000;

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(FileBytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(FileBytes, Array.MaxLength);
        ArgumentOutOfRangeException.ThrowIfLessThan(Characters, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(PdfPages, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(PdfUnpackedBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(PdfTime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(PdfTime, TimeSpan.FromDays(1));
        ArgumentOutOfRangeException.ThrowIfLessThan(CsvFields, 1);
    }
}
