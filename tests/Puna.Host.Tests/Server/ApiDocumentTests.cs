using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Puna.Server.Endpoints.OpenAI;
using Puna.Server.Wire.OpenAI;

namespace Puna.Host.Tests.Server;

/// <summary>docs/api.md and the code agree on which fields there are.</summary>
public sealed class ApiDocumentTests
{
    private static string Document { get; } = File.ReadAllText(Find());

    [Fact]
    public void Every_field_that_is_honoured_is_in_the_document()
    {
        foreach (JsonTypeInfo type in (JsonTypeInfo[])[OpenAIJson.Wire.ChatCompletionRequest, OpenAIJson.Wire.CompletionRequest, OpenAIJson.Wire.TokenizeRequest, OpenAIJson.Wire.DetokenizeRequest])
        {
            foreach (JsonPropertyInfo property in type.Properties.Where(p => !p.IsExtensionData)) AssertTold(property.Name);
        }
    }

    [Fact]
    public void Every_field_that_is_ignored_or_refused_is_in_a_row_that_says_so()
    {
        foreach (var field in OpenAIFields.Chat.All.Concat(OpenAIFields.Completions.All))
        {
            string outcome = field.IsRefused ? "refused" : "ignored";
            Assert.True(Document.Split('\n').Any(line => Names(line, field.Name) && line.Contains(outcome, StringComparison.Ordinal)) || InText(field.Name, outcome),
                $"docs/api.md does not say that {field.Name} is {outcome}.");
        }
    }

    private static bool InText(string name, string outcome) =>
        Document.Split("\n\n").Any(paragraph => !paragraph.StartsWith('|') && Names(paragraph, name) && paragraph.Contains(outcome, StringComparison.Ordinal));

    private static void AssertTold(string name) => Assert.True(Names(Document, name), $"docs/api.md does not tell of {name}.");

    private static bool Names(string text, string name) => Regex.IsMatch(text, $"`{Regex.Escape(name)}[`.]");

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "docs", "api.md");
            if (File.Exists(path)) return path;
        }

        throw new FileNotFoundException("docs/api.md");
    }
}
