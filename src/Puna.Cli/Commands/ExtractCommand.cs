using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Puna.Cli.Extraction;
using Puna.Cli.Usage;
using Puna.Engine.Constraints;
using Puna.Extraction;
using Puna.Extraction.Documents;

namespace Puna.Cli.Commands;

/// <summary><c>puna extract</c>: the data of documents as JSON that fits a schema, with the place in the document that supports each value.</summary>
internal static class ExtractCommand
{
    private const int MaxConcurrency = 256;

    internal static Command Create()
    {
        Command command = new("extract", "Turn documents into JSON that fits a schema");
        Argument<string> source = new("documents") { Description = "A file, or a folder of them: text, Markdown, PDF, CSV (a document per row), JSON lines (a document per line); - reads text from standard input" };
        Option<string> schemaFile = new("--schema", "-s") { Description = "File of the JSON Schema", Required = true };
        Option<string?> output = new("--out", "-o") { Description = "File of the results, .jsonl or .csv; run the same command again to go on after an interruption" };
        Option<bool> json = new("--json") { Description = "Print results with evidence and confidence, a JSON object per line" };
        Option<int> maxTokens = new("--max-tokens", "-n") { Description = "Most tokens of an answer", DefaultValueFactory = _ => 1024 };
        Option<int?> partTokens = new("--part-tokens") { Description = "Read documents longer than this in parts that overlap (default: what the context holds)" };
        Option<int> batch = new("--batch", "-b") { Description = "Documents read side by side", DefaultValueFactory = _ => 8 };
        command.Add(source);
        ModelOptions modelOptions = new(command, chats: true, modelIsOptional: true);
        foreach (Option option in (Option[])[schemaFile, output, json, maxTokens, partTokens, batch]) command.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            int failed = 0;
            int code = await ExitCode.Guard(async () =>
            {
                int concurrency = parsed.GetValue(batch);
                parsed.RequireAtLeast(1, maxTokens);
                if (concurrency is < 1 or > MaxConcurrency) throw new UsageException($"--batch {concurrency}: 1 to {MaxConcurrency} is needed.");
                parsed.RequireAtLeast(DocumentExtractor.MinPartTokens, partTokens);

                string schemaPath = parsed.GetRequiredValue(schemaFile);
                JsonObject schema = ReadSchema(schemaPath);
                _ = ConstraintFiles.Schema(schemaPath); // refuses before the model is loaded
                if (parsed.GetValue(output) is { } named) _ = ExtractionOutput.FilesOf(named); // refuses a name that does not say what to write
                ExtractionSources sources = ExtractionSources.Find(parsed.GetRequiredValue(source), parsed.GetValue(output));
                using PunaModel model = modelOptions.Load(parsed, o => o with { MaxSequences = sources.IsSingle ? 1 : concurrency });
                DocumentExtractor extractor = new(model, schema, new ExtractionOptions { MaxTokens = parsed.GetValue(maxTokens), PartTokens = parsed.GetValue(partTokens) });
                if (parsed.GetValue(output) is { } path) failed = await ExtractionOutput.ToFileAsync(extractor, schema, sources, path, concurrency, cancellation).ConfigureAwait(false);
                else if (sources.IsSingle && !parsed.GetValue(json)) await ExtractionOutput.ShowAsync(extractor, sources, cancellation).ConfigureAwait(false);
                else failed = await ExtractionOutput.ToStandardOutputAsync(extractor, sources, concurrency, cancellation).ConfigureAwait(false);
            }).ConfigureAwait(false);
            return code == ExitCode.Done && failed > 0 ? ExitCode.Failed : code;
        });
        return command;
    }

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private static JsonObject ReadSchema(string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(path), documentOptions: Strict) as JsonObject ?? throw new UsageException($"{path}: a schema is a JSON object.");
        }
        catch (JsonException error)
        {
            throw new UsageException($"{path}: this is not JSON: {error.Message}");
        }
    }
}
