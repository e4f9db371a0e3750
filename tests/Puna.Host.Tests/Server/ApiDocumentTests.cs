using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Puna.Server.Endpoints.Anthropic;
using Puna.Server.Endpoints.Ollama;
using Puna.Server.Endpoints.OpenAI;
using Puna.Server.Requests;
using Puna.Server.Wire.Anthropic;
using Puna.Server.Wire.Ollama;
using Puna.Server.Wire.OpenAI;
using Puna.Tests;

namespace Puna.Host.Tests.Server;

/// <summary>docs/api.md and the code agree on which fields there are, at every depth.</summary>
public sealed class ApiDocumentTests
{
    private static string Document { get; } = File.ReadAllText(RepositoryFiles.Find("docs", "api.md"));

    public static TheoryData<string, string> Requests => new(
        ("Chat completions and completions", nameof(OpenAIJson.ChatCompletionRequest)), ("Chat completions and completions", nameof(OpenAIJson.CompletionRequest)),
        ("Responses", nameof(OpenAIJson.ResponseRequest)), ("Responses", nameof(OpenAIJson.ResponseItemIn)), ("Responses", nameof(OpenAIJson.ResponsePartIn)),
        ("Embeddings", nameof(OpenAIJson.EmbeddingRequest)), ("Ollama", nameof(OllamaJson.OllamaEmbedRequest)), ("Ollama", nameof(OllamaJson.OllamaEmbeddingRequest)),
        ("Files and batches", nameof(OpenAIJson.BatchRequest)), ("Files and batches", nameof(OpenAIJson.BatchLineIn)),
        ("Safety", nameof(OpenAIJson.ModerationRequest)), ("Tokens", nameof(OpenAIJson.TokenizeRequest)), ("Tokens", nameof(OpenAIJson.DetokenizeRequest)),
        ("Anthropic", nameof(AnthropicJson.MessagesRequest)), ("Anthropic", nameof(AnthropicJson.TextBlockIn)), ("Anthropic", nameof(AnthropicJson.ToolUseBlockIn)), ("Anthropic", nameof(AnthropicJson.ToolResultBlockIn)),
        ("Ollama", nameof(OllamaJson.OllamaChatRequest)), ("Ollama", nameof(OllamaJson.OllamaGenerateRequest)), ("Ollama", nameof(OllamaJson.OllamaShowRequest)));

    [Theory, MemberData(nameof(Requests))]
    public void Every_field_that_is_honoured_is_in_the_document(string section, string request)
    {
        JsonTypeInfo type = Types().Single(t => t.Type.Name == request);
        string text = Section(section) + (section is "Tokens" or "Safety" ? Section("Chat completions and completions") : ""); // whose messages it takes

        foreach (string name in Names(type, [])) Assert.True(Names(text, name), $"docs/api.md, {section}, does not tell of {name} of {request}.");
    }

    [Fact]
    public void Every_field_that_is_ignored_or_refused_is_said_to_be()
    {
        AssertTold("Chat completions and completions", OpenAIFields.Chat, OpenAIFields.Completions, OpenAIMessages.Others, OpenAITools.SchemaOthers);
        AssertTold("Embeddings", EmbeddingEndpoint.Others);
        AssertTold("Files and batches", BatchEndpoints.Others);
        AssertTold("Responses", ResponseFields.Request, ResponseFields.Item, ResponseFields.Part, ResponseFields.Text, OpenAITools.SchemaOthers);
        AssertTold("Anthropic", AnthropicFields.Messages, AnthropicFields.Text, AnthropicFields.ToolUse, AnthropicFields.ToolResult, AnthropicFields.Tool, AnthropicFields.OutputConfig);
        AssertTold("Ollama", OllamaFields.Chat, OllamaFields.Generate, OllamaFields.Message, OllamaFields.Function, OllamaFields.Show, OllamaFields.Embed, OllamaFields.Options);
    }

    private static IEnumerable<JsonTypeInfo> Types() =>
    [
        OpenAIJson.Wire.ChatCompletionRequest, OpenAIJson.Wire.CompletionRequest,
        OpenAIJson.Wire.ResponseRequest, OpenAIJson.Wire.ResponseItemIn, OpenAIJson.Wire.ResponsePartIn,
        OpenAIJson.Wire.EmbeddingRequest, OllamaJson.Wire.OllamaEmbedRequest, OllamaJson.Wire.OllamaEmbeddingRequest, OpenAIJson.Wire.BatchRequest, OpenAIJson.Wire.BatchLineIn, OpenAIJson.Wire.ModerationRequest, OpenAIJson.Wire.TokenizeRequest, OpenAIJson.Wire.DetokenizeRequest,
        AnthropicJson.Wire.MessagesRequest, AnthropicJson.Wire.TextBlockIn, AnthropicJson.Wire.ToolUseBlockIn, AnthropicJson.Wire.ToolResultBlockIn,
        OllamaJson.Wire.OllamaChatRequest, OllamaJson.Wire.OllamaGenerateRequest, OllamaJson.Wire.OllamaShowRequest,
    ];

    /// <summary>Names of a request's fields, and of those of the objects and lists in it.</summary>
    private static IEnumerable<string> Names(JsonTypeInfo type, HashSet<Type> seen)
    {
        if (!seen.Add(type.Type)) yield break;
        foreach (JsonPropertyInfo property in type.Properties.Where(p => !p.IsExtensionData))
        {
            yield return property.Name;
            Type of = property.PropertyType.IsGenericType ? property.PropertyType.GetGenericArguments()[^1] : property.PropertyType;
            if (of.Namespace?.StartsWith("Puna.", StringComparison.Ordinal) != true) continue;
            foreach (string name in Names(type.OriginatingResolver!.GetTypeInfo(of, type.Options)!, seen)) yield return name;
        }
    }

    private static void AssertTold(string section, params IEnumerable<OtherFields> all)
    {
        foreach (OtherField field in all.SelectMany(f => f.All))
        {
            string outcome = field.IsRefused ? "refused" : "ignored";
            Assert.True(
                Section(section).Split('\n').Any(line => line.StartsWith('|') && Names(line, field.Name) && line.Contains(outcome, StringComparison.Ordinal))
                || Section(section).Split("\n\n").Any(text => !text.StartsWith('|') && Names(text, field.Name) && text.Contains(outcome, StringComparison.Ordinal)),
                $"docs/api.md, {section}, does not say that {field.Name} is {outcome}.");
        }
    }

    /// <summary>The text under a heading.</summary>
    private static string Section(string heading) =>
        Document.Split("\n## ").SingleOrDefault(s => s.StartsWith(heading + "\n", StringComparison.Ordinal)) ?? throw new InvalidOperationException($"docs/api.md has no section '{heading}'.");

    private static bool Names(string text, string name) => Regex.IsMatch(text, $"[`.]{Regex.Escape(name)}[`.]");
}
