using Puna.Extraction.Documents;

namespace Puna.Cli.Extraction;

/// <summary>What the command line names to be extracted from.</summary>
internal sealed class ExtractionSources
{
    private const string StandardInput = "-";

    private ExtractionSources(IReadOnlyList<(string Path, string Name, long Bytes)> files, bool isSingle, bool isStandardInput = false)
    {
        Files = files;
        IsSingle = isSingle;
        IsStandardInput = isStandardInput;
    }

    /// <summary>The files, each with the name of its documents and its bytes.</summary>
    internal IReadOnlyList<(string Path, string Name, long Bytes)> Files { get; }

    /// <summary>There are no files: the document comes from standard input.</summary>
    internal bool IsStandardInput { get; }

    /// <summary>There is one document, and it was named.</summary>
    internal bool IsSingle { get; }

    /// <summary>Bytes of all files.</summary>
    internal long Bytes => Files.Sum(file => file.Bytes);

    /// <summary>Looks for the files.</summary>
    /// <param name="source">A file, a folder, or -.</param>
    /// <param name="output">File of the results, which is no document, or null.</param>
    /// <exception cref="UsageException">There is no such file or folder, or nothing in it can be read.</exception>
    internal static ExtractionSources Find(string source, string? output)
    {
        if (source == StandardInput) return new ExtractionSources([(StandardInput, "standard input", 0)], isSingle: true, isStandardInput: true);
        if (File.Exists(source)) return new ExtractionSources([(source, Path.GetFileName(source), new FileInfo(source).Length)], isSingle: Path.GetExtension(source).ToLowerInvariant() is not (".csv" or ".tsv" or ".jsonl" or ".ndjson"));
        if (!Directory.Exists(source)) throw new UsageException($"{source}: there is no such file or folder.");

        string[] own = output is null ? [] : [.. ExtractionOutput.FilesOf(output).Select(Path.GetFullPath)];
        (string, string, long)[] files =
        [
            .. DocumentReader.FindFiles(source).Where(file => !own.Contains(Path.GetFullPath(file), StringComparer.Ordinal))
                .Select(file => (file, Path.GetRelativePath(source, file).Replace(Path.DirectorySeparatorChar, '/'), new FileInfo(file).Length)),
        ];
        return files.Length > 0 ? new ExtractionSources(files, isSingle: false)
            : throw new UsageException($"{source}: no file in this folder ends in {string.Join(' ', DocumentReader.Extensions)}.");
    }

    /// <summary>The documents as they are read.</summary>
    internal IEnumerable<DocumentInput> Read(DocumentReader reader)
    {
        if (!IsStandardInput) return Files.SelectMany(file => reader.Read(file.Path, file.Name));
        try
        {
            using Stream input = Console.OpenStandardInput();
            return [new DocumentInput(Files[0].Name, reader.ReadText(input, Files[0].Name), null)];
        }
        catch (DocumentException error)
        {
            return [new DocumentInput(Files[0].Name, null, error.Message)];
        }
    }
}
