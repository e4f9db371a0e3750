using System.Text.Json;
using Puna.Chat.Templates;
using Puna.Chat.Templates.Jinja;

namespace Puna.Tests.Chat.Templates.Jinja;

/// <summary>What Python's jinja2 rendered; written by tests/golden/make_jinja_golden.py.</summary>
internal sealed class GoldenFile
{
    private readonly JsonElement _root;

    private GoldenFile(string path) => _root = JsonDocument.Parse(File.ReadAllBytes(path)).RootElement;

    public static GoldenFile Committed { get; } = new(RepositoryFiles.Find("tests", "golden", "jinja_golden.json"));

    public JsonElement Cases => _root.GetProperty("cases");

    public JsonElement World => _root.GetProperty("world");

    public JsonElement Chats => _root.GetProperty("chats");

    public static GoldenFile Read(string path) => new(path);

    public string Template(string name) => _root.GetProperty("templates").GetProperty(name).GetString()!;

    public JsonElement Conversation(string name) => _root.GetProperty("conversations").GetProperty(name);

    /// <summary>The clock of the golden file.</summary>
    public static TimeProvider Clock { get; } = new FixedClock();

    /// <summary>Renders with the variables of a JSON object; a failure gives its kind.</summary>
    public static (string? Output, ChatTemplateErrorKind? Error, string Message) Render(string template, JsonElement context)
    {
        try
        {
            RenderedPrompt prompt = ChatTemplate.Parse(template).Render(Clock, interpreter => Define(interpreter, context));
            Assert.Equal(prompt.Text, string.Concat(prompt.Segments.Select(segment => segment.Text)));
            return (prompt.Text, null, "");
        }
        catch (ChatTemplateException e)
        {
            return (null, e.Kind, e.Message);
        }
    }

    /// <summary>Compares with the recorded outcome; null where they agree, else a line saying how they differ.</summary>
    public static string? Difference(JsonElement expected, string template, JsonElement context)
    {
        (string? output, ChatTemplateErrorKind? error, string message) = Render(template, context);
        string wanted = expected.TryGetProperty("output", out JsonElement text) ? "text " + text.GetString() : "error " + expected.GetProperty("error").GetString();
        string got = error is null ? "text " + output : "error " + error;
        return wanted == got ? null
            : $"{JsonSerializer.Serialize(template)}\n    wanted {JsonSerializer.Serialize(wanted)}\n    got    {JsonSerializer.Serialize(got)} {message}";
    }

    private static void Define(Interpreter interpreter, JsonElement context)
    {
        foreach (JsonProperty variable in context.EnumerateObject())
            interpreter.Define(variable.Name, InputValues.OfJson(variable.Value, interpreter.Budget));
    }

    private sealed class FixedClock : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => new(2026, 3, 5, 7, 8, 9, TimeSpan.Zero);
    }
}
