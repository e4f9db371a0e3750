using System.Buffers;
using System.Text.Json;
using Puna.Safety.LlamaGuard;
using Puna.Safety.Streams;
using static Puna.Safety.Policy.PolicyShape;

namespace Puna.Safety.Policy;

/// <summary>What a policy file may hold, and its schema.</summary>
internal static class PolicyFile
{
    internal const long MaxBytes = 1 << 20;

    internal static readonly string[] Roles = ["user", "assistant", "tool", "system", "document"];

    private static readonly Defined Action = new("action", new Text("What a finding leads to: allow, redact, warn, review or block.", PolicyActions.Names));
    private static readonly Number Threshold = new("Score from which a finding counts.", 0, 1);

    private static readonly Defined Rules = new("rule", Rule());

    internal static readonly Defined Shape = new("policy", new Record("A safety policy of Puna: which scanners look at whose messages, and what their findings lead to.",
        new Member("$schema", new Text("Where the schema is; for editors.")),
        new Member("version", new Number("Version of the format: 1.", 1, 1, whole: true), Required: true),
        new Member("name", new Text("Name in reports and records.", most: 128)),
        new Member("dryRun", new Flag("Decide and record, and let everything go on.")),
        new Member("stream", new Record("When the words of an answer leave. What is decided does not depend on whether a client streams.",
            new Member("mode", new Text("gated: when they have been judged; windowed: when enough words are behind them; observe: at once.", StreamSettings.ModeNames)),
            new Member("checkEvery", new Number("Characters after which an answer is judged so far.", 16, 65536, whole: true)),
            new Member("holdBack", new Number("Characters that are held at least in windowed mode.", 1, 65536, whole: true)))),
        new Member("models", new Named("Models by the names that rules call them by.", new Choice("", "type", new Dictionary<string, Record>
        {
            ["llama-guard"] = new("A Llama Guard model.",
                new Member("type", new Text("", ["llama-guard"]), Required: true),
                new Member("path", new Text("GGUF file or safetensors directory; a relative path begins at the policy's folder."), Required: true),
                new Member("kind", new Text("Generation, where the name does not tell it.", LlamaGuardKinds.Names)),
                new Member("flavor", new Text("Form of Llama Guard 4's prompt.", ["hugging-face", "meta-docs"])),
                new Member("minMass", new Number("Least probability of a verdict at all; below it the answer is a failure.", 0, 1)),
                new Member("conversationTokens", new Number("Tokens of the conversation that are shown.", 1, 1_000_000, whole: true)),
                new Member("cachedPrefixes", new Number("Conversations whose cache is kept.", 1, 256, whole: true)),
                new Member("threads", new Number("Threads.", 1, 1024, whole: true))),
            ["prompt-guard"] = new("A Prompt Guard model.",
                new Member("type", new Text("", ["prompt-guard"]), Required: true),
                new Member("path", new Text("Directory with config.json, safetensors and tokenizer.json; a relative path begins at the policy's folder."), Required: true),
                new Member("threads", new Number("Threads.", 1, 1024, whole: true))),
            ["chat"] = new("A chat model, as auditor of an agent's steps.",
                new Member("type", new Text("", ["chat"]), Required: true),
                new Member("path", new Text("GGUF file or safetensors directory; a relative path begins at the policy's folder."), Required: true),
                new Member("minMass", new Number("Least probability of yes and no together; below it the answer is a failure.", 0, 1)),
                new Member("conversationTokens", new Number("Tokens of the trace that are shown.", 1, 1_000_000, whole: true)),
                new Member("threads", new Number("Threads.", 1, 1024, whole: true))),
        }))),
        new Member("roles", new Record("Rules by whose message it is; every rule of a role looks at it, side by side.", [.. Roles.Select(role => new Member(role, new Items($"Rules for {role} messages.", Rules)))]), Required: true)));

    /// <summary>Checks a policy's text; the document is the caller's.</summary>
    /// <exception cref="PolicyException">It is malformed, or holds what is not possible.</exception>
    internal static JsonDocument Parse(ReadOnlyMemory<byte> utf8, string source)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(utf8, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false, MaxDepth = 32 });
        }
        catch (JsonException error)
        {
            throw new PolicyException(source, [new PolicyProblem("", $"it is no JSON: {error.Message}")]);
        }

        List<PolicyProblem> problems = [];
        Shape.Check(document.RootElement, "", problems);
        if (problems.Count == 0) return document;

        document.Dispose();
        throw new PolicyException(source, problems);
    }

    /// <summary>The schema as JSON.</summary>
    internal static byte[] Schema()
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteString("$schema", "https://json-schema.org/draft/2020-12/schema");
            writer.WriteString("title", "Puna safety policy");
            writer.WriteString("$ref", "#/$defs/policy");
            writer.WriteStartObject("$defs");
            foreach (Defined definition in (Defined[])[Shape, Rules, Action]) definition.WriteDefinition(writer);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>A rule: its keys are the same for every scanner but for the settings.</summary>
    private static Choice Rule() => new("", "scanner", ScannerCatalog.All.ToDictionary(type => type.Name, type => new Record(type.Summary,
        new Member("scanner", new Text("The scanner.", [type.Name]), Required: true),
        new Member("action", Action),
        new Member("threshold", Threshold),
        new Member("categories", new Named("Another action or threshold for some categories.", new Record("", new Member("action", Action), new Member("threshold", Threshold)))),
        new Member("deadlineMs", new Number("Milliseconds that the scanner may take.", 1, 600_000, whole: true)),
        new Member("onError", new Text("What a scanner that fails, or takes longer, leads to: block holds everything back (closed), allow lets it go on (open).", ["allow", "warn", "review", "block"])),
        new Member("settings", type.Settings, type.NeedsSettings))));
}
