using System.CommandLine;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Puna.Cli.Extraction;
using Puna.Engine;
using Puna.Engine.Constraints;
using Puna.Engine.Sampling;

namespace Puna.Cli.Commands;

/// <summary><c>puna extract</c>: the data of a document as JSON that fits a schema. The answer is held to the schema while it is made.</summary>
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
            Constraint constraint = ConstraintFiles.Schema(schemaPath);
            string document = path == "-" ? await Console.In.ReadToEndAsync(cancellation).ConfigureAwait(false) : await File.ReadAllTextAsync(path, cancellation).ConfigureAwait(false);

            using PunaModel model = modelOptions.Load(parsed);
            Generation generation = model.Engine.Submit(new GenerationRequest
            {
                Prompt = model.EncodeChat([new("user", ExtractionPrompt.Write(schema, document))]),
                Sampling = new SamplingOptions { Temperature = 0 },
                MaxTokens = parsed.GetValue(maxTokens),
                Constraint = constraint,
            });
            StringBuilder answer = new();
            await foreach (GenerationStep step in generation.ReadAsync(cancellation).ConfigureAwait(false)) answer.Append(step.Text);
            if (generation.FinishReason == FinishReason.Length) throw new IOException($"the answer was cut off after {generation.CompletionTokens} tokens: raise --max-tokens, or shorten the document. It began: {answer}");
            Print(answer.ToString());
        }));
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

    private static void Print(string answer)
    {
        using StreamWriter output = new(Console.OpenStandardOutput(), new UTF8Encoding(false));
        output.WriteLine(JsonNode.Parse(answer)?.ToJsonString(Indented) ?? "null");
        output.Flush();
    }
}
