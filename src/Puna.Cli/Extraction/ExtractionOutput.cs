using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Puna.Extraction;
using Puna.Extraction.Documents;

namespace Puna.Cli.Extraction;

/// <summary>Where results go: one for a person to read, lines on standard output, or files.</summary>
internal static class ExtractionOutput
{
    private const int MaxFailuresShown = 20;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 512 };

    /// <summary>The files that an <c>--out</c> makes, the named one first.</summary>
    internal static string[] FilesOf(string output) => IsTable(output) ? [output, output + ".jsonl", FailuresOf(output)] : [output, FailuresOf(output)];

    /// <summary>Prints one document's data; on a terminal also how sure each value is and where it stands.</summary>
    /// <exception cref="IOException">It cannot be read, or the answer does not end.</exception>
    internal static async Task ShowAsync(DocumentExtractor extractor, ExtractionSources sources, CancellationToken cancellation)
    {
        DocumentInput input = sources.Read(new DocumentReader()).Single();
        if (input.Document is not { } document) throw new IOException($"{input.Name}: {input.Error}");

        ExtractionResult result;
        try
        {
            result = await extractor.ExtractAsync(document, cancellation).ConfigureAwait(false);
        }
        catch (ExtractionException error)
        {
            throw new IOException($"{input.Name}: {error.Message} (--max-tokens, --context)", error);
        }

        using (StreamWriter output = new(Console.OpenStandardOutput(), new UTF8Encoding(false)))
            output.WriteLine(JsonNode.Parse(result.Value.GetRawText(), documentOptions: new JsonDocumentOptions { MaxDepth = 512 })?.ToJsonString(Indented) ?? "null");
        if (!Console.IsErrorRedirected) FieldDisplay.Write(result, Console.Error);
    }

    /// <summary>Prints results as lines; failures and the summary go to standard error.</summary>
    /// <returns>Documents that failed.</returns>
    internal static async Task<int> ToStandardOutputAsync(DocumentExtractor extractor, ExtractionSources sources, int concurrency, CancellationToken cancellation)
    {
        using Stream output = Console.OpenStandardOutput();
        List<ExtractionFailure> failures = [];
        ExtractionRun run = new(extractor, concurrency)
        {
            OnResult = result => output.Write(ExtractionRecord.Write(result, extractor.SettingsHash)),
            OnFailure = failures.Add,
        };
        ExtractionSummary summary = await run.RunAsync(sources.Read(new DocumentReader()), cancellation).ConfigureAwait(false);
        if (!sources.IsSingle || failures.Count > 0) Summarize(summary, failures);
        return summary.Failed;
    }

    /// <summary>Writes results to a file, going on where an earlier run ended.</summary>
    /// <returns>Documents that failed.</returns>
    internal static async Task<int> ToFileAsync(DocumentExtractor extractor, JsonObject schema, ExtractionSources sources, string path, int concurrency, CancellationToken cancellation)
    {
        List<ExtractionFailure> failures = [];
        List<(string Name, string Hash)> done = [];
        ExtractionSummary summary;
        try
        {
            using ExtractionJournal journal = new(IsTable(path) ? path + ".jsonl" : path, extractor.SettingsHash);
            if (journal.Count > 0) await Console.Error.WriteLineAsync($"{journal.Path} has {Count(journal.Count, "result")} from before.").ConfigureAwait(false);
            using (FileStream failed = new(FailuresOf(path), FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0))
            {
                summary = await ExtractionProgress.RunAsync(sources.Bytes, progress => new ExtractionRun(extractor, concurrency)
                {
                    Journal = journal,
                    OnFailure = failure =>
                    {
                        failures.Add(failure);
                        failed.Write(ExtractionRecord.WriteFailure(failure.Document, failure.Error));
                    },
                    OnDone = (name, hash) => done.Add((name, hash)),
                    Progress = progress,
                }.RunAsync(sources, cancellation)).ConfigureAwait(false);
            }

            if (failures.Count == 0) File.Delete(FailuresOf(path));
            if (IsTable(path)) new ExtractionTable(schema).Write(path, journal, done.OrderBy(document => document.Name, NaturalOrder.Instance));
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("Results so far are kept; run the same command to go on.").ConfigureAwait(false);
            throw;
        }
        catch (ExtractionException error)
        {
            throw new UsageException(error.Message);
        }

        Summarize(summary, failures, FailuresOf(path));
        return summary.Failed;
    }

    private static Task<ExtractionSummary> RunAsync(this ExtractionRun run, ExtractionSources sources, CancellationToken cancellation) => sources.IsStandardInput
        ? run.RunAsync(sources.Read(new DocumentReader()), cancellation)
        : run.RunAsync(sources.Files, new DocumentReader(), cancellation);

    private static void Summarize(ExtractionSummary summary, List<ExtractionFailure> failures, string? failuresPath = null)
    {
        foreach (ExtractionFailure failure in failures.Take(MaxFailuresShown)) Console.Error.WriteLine(TerminalText.Printable($"{failure.Document}: {failure.Error}".ReplaceLineEndings(" ")));
        if (failures.Count > MaxFailuresShown) Console.Error.WriteLine($"and {failures.Count - MaxFailuresShown} more.");
        string before = summary.Resumed > 0 ? $", {summary.Resumed} there already" : "";
        Console.Error.WriteLine($"{Count(summary.Documents, "document")}: {summary.Extracted} extracted{before}, {summary.Failed} failed.{(summary.Extracted > 0 ? $" {Count(summary.NotInSource, "value")} of those extracted now not in the source." : "")}");
        if (failures.Count > 0 && failuresPath is not null) Console.Error.WriteLine($"The failures are in {failuresPath}; running the command again tries them again.");
    }

    private static string Count(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";

    private static bool IsTable(string output) => Path.GetExtension(output).ToLowerInvariant() switch
    {
        ".csv" => true,
        ".jsonl" or ".ndjson" => false,
        _ => throw new UsageException($"--out {output}: the name must end in .jsonl or .csv, which says what is written."),
    };

    private static string FailuresOf(string output) => output + ".failures.jsonl";
}
