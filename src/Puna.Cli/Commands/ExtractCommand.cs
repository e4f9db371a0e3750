using System.CommandLine;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Puna.Cli.Extraction;
using Puna.Engine;
using Puna.Engine.Sampling;

namespace Puna.Cli.Commands;

/// <summary><c>puna extract</c>: the data of a document as JSON that fits a schema. The answer is checked, not constrained.</summary>
internal static class ExtractCommand
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static Command Create()
    {
        Command command = new("extract", "Turn a document into JSON that fits a schema");
        Argument<string> file = new("file") { Description = "The document, a text file; - reads it from standard input" };
        Option<string> schemaFile = new("--schema", "-s") { Description = "File of the JSON Schema", Required = true };
        Option<int> maxTokens = new("--max-tokens", "-n") { Description = "Most tokens to generate", DefaultValueFactory = _ => 1024 };
        command.Add(file);
        ModelOptions modelOptions = new(command, chats: true, modelIsOptional: true);
        command.Add(schemaFile);
        command.Add(maxTokens);
        command.SetAction((parsed, cancellation) => ExitCode.Guard(async () =>
        {
            string path = parsed.GetRequiredValue(file), schemaPath = parsed.GetRequiredValue(schemaFile);
            if (parsed.GetValue(maxTokens) < 1) throw new UsageException($"--max-tokens {parsed.GetValue(maxTokens)}: at least 1 is needed.");

            JsonObject schema = ReadSchema(schemaPath);
            string document = path == "-" ? await Console.In.ReadToEndAsync(cancellation).ConfigureAwait(false) : await File.ReadAllTextAsync(path, cancellation).ConfigureAwait(false);
            foreach (string keyword in SchemaCheck.Unchecked(schema)) await Console.Error.WriteLineAsync($"WARNING: {schemaPath}: the keyword {keyword} is not checked.").ConfigureAwait(false);

            using PunaModel model = modelOptions.Load(parsed);
            Generation generation = model.Engine.Submit(new GenerationRequest
            {
                Prompt = model.EncodeChat([new("user", ExtractionPrompt.Write(schema, document))]),
                Sampling = new SamplingOptions { Temperature = 0 },
                MaxTokens = parsed.GetValue(maxTokens),
            });
            StringBuilder answer = new();
            await foreach (GenerationStep step in generation.ReadAsync(cancellation).ConfigureAwait(false)) answer.Append(step.Text);
            Print(answer.ToString(), schema);
        }));
        return command;
    }

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private static JsonObject ReadSchema(string path)
    {
        try
        {
            JsonObject schema = JsonNode.Parse(File.ReadAllText(path), documentOptions: Strict) as JsonObject ?? throw new UsageException($"{path}: a schema is a JSON object.");
            return SchemaCheck.Fault(schema) is { } fault ? throw new UsageException($"{path}: {fault}.") : schema;
        }
        catch (JsonException error)
        {
            throw new UsageException($"{path}: this is not JSON: {error.Message}");
        }
    }

    private static void Print(string answer, JsonObject schema)
    {
        JsonNode? value;
        try
        {
            value = JsonNode.Parse(answer, documentOptions: Strict);
        }
        catch (JsonException)
        {
            throw new IOException($"the model did not answer with JSON but with: {answer}");
        }

        using StreamWriter output = new(Console.OpenStandardOutput(), new UTF8Encoding(false));
        output.WriteLine(value?.ToJsonString(Indented) ?? "null");
        output.Flush();
        if (SchemaCheck.Problems(value, schema).FirstOrDefault() is { } problem) throw new IOException($"the answer does not fit the schema: {problem}.");
    }
}
