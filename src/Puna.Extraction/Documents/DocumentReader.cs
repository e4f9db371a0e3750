namespace Puna.Extraction.Documents;

/// <summary>Reads documents of text, Markdown, PDF, CSV (a document per row) and JSON lines (a document per line).</summary>
public sealed class DocumentReader
{
    private static readonly Dictionary<string, DocumentKind> Kinds = new(StringComparer.OrdinalIgnoreCase)
    {
        [".txt"] = DocumentKind.Text,
        [".text"] = DocumentKind.Text,
        [".log"] = DocumentKind.Text,
        [".md"] = DocumentKind.Text,
        [".markdown"] = DocumentKind.Text,
        [".pdf"] = DocumentKind.Pdf,
        [".csv"] = DocumentKind.Csv,
        [".tsv"] = DocumentKind.Csv,
        [".jsonl"] = DocumentKind.JsonLines,
        [".ndjson"] = DocumentKind.JsonLines,
    };

    private readonly DocumentLimits _limits;

    /// <summary>A reader.</summary>
    /// <param name="limits">The most that is taken; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">A limit is below 1, or above what one file or a day can be.</exception>
    public DocumentReader(DocumentLimits? limits = null)
    {
        _limits = limits ?? new DocumentLimits();
        _limits.Check();
    }

    /// <summary>Endings of file names that are read, each with its dot.</summary>
    public static IReadOnlyCollection<string> Extensions => Kinds.Keys;

    /// <summary>True for a file name whose ending says that it can be read.</summary>
    public static bool IsKnown(string path) => Kinds.ContainsKey(Path.GetExtension(path));

    /// <summary>
    /// The files of a folder and its subfolders that can be read, sorted by path. Hidden files and links are left out.
    /// </summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static IReadOnlyList<string> FindFiles(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = false, AttributesToSkip = FileAttributes.Hidden | FileAttributes.System | FileAttributes.ReparsePoint })
            .Where(IsKnown).Order(StringComparer.Ordinal),
    ];

    /// <summary>Reads a file as its name's ending says; one without a known ending as text.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">What its documents are called; records have <c>#</c> and their number, or the <c>id</c> of a JSON line, behind it.</param>
    /// <returns>Documents as they are read; what cannot be read comes as an input with an error.</returns>
    public IEnumerable<DocumentInput> Read(string path, string name) => Kinds.GetValueOrDefault(Path.GetExtension(path), DocumentKind.Text) switch
    {
        DocumentKind.Csv => Records(path, name, stream => CsvDocuments.Read(stream, name, _limits)),
        DocumentKind.JsonLines => Records(path, name, stream => JsonLineDocuments.Read(stream, name, _limits)),
        DocumentKind.Pdf => [Whole(path, name, bytes => PdfText.Read(bytes, name, _limits))],
        _ => [Whole(path, name, bytes => new SourceDocument(name, PlainText.Decode(bytes, _limits.Characters)))],
    };

    /// <summary>Reads text from a stream, such as standard input.</summary>
    /// <exception cref="DocumentException">It is too large, or not text.</exception>
    public SourceDocument ReadText(Stream stream, string name)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return new SourceDocument(name, PlainText.Decode(ReadAll(stream), _limits.Characters));
    }

    private DocumentInput Whole(string path, string name, Func<byte[], SourceDocument> read)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            return new DocumentInput(name, read(ReadAll(stream)), null);
        }
        catch (Exception error) when (error is DocumentException or IOException or UnauthorizedAccessException)
        {
            return new DocumentInput(name, null, error.Message);
        }
    }

    private byte[] ReadAll(Stream stream)
    {
        if (stream.CanSeek && stream.Length > _limits.FileBytes) throw TooLarge(stream.Length);

        using MemoryStream all = new();
        byte[] buffer = new byte[1 << 16];
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            if (all.Length + read > _limits.FileBytes) throw TooLarge(all.Length + read);
            all.Write(buffer, 0, read);
        }

        return all.ToArray();
    }

    private DocumentException TooLarge(long bytes) => new($"it has {bytes} bytes or more; the most that is read is {_limits.FileBytes}. Split it.");

    /// <summary>Records as they come; an error that ends the file is the last of them.</summary>
    private static IEnumerable<DocumentInput> Records(string path, string name, Func<Stream, IEnumerable<DocumentInput>> read)
    {
        IEnumerator<DocumentInput>? records = null;
        Stream? stream = null;
        try
        {
            while (true)
            {
                DocumentInput? failed = null;
                try
                {
                    records ??= read(stream = File.OpenRead(path)).GetEnumerator();
                    if (!records.MoveNext()) yield break;
                }
                catch (Exception error) when (error is DocumentException or IOException or UnauthorizedAccessException)
                {
                    failed = new DocumentInput(name, null, error.Message);
                }

                yield return failed ?? records!.Current with { Position = stream!.Position };
                if (failed is not null) yield break;
            }
        }
        finally
        {
            records?.Dispose();
            stream?.Dispose();
        }
    }

    private enum DocumentKind
    {
        Text,
        Pdf,
        Csv,
        JsonLines,
    }
}
