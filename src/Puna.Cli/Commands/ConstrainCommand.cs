using System.CommandLine;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Puna.Cli.Usage;
using Puna.Demo;
using Puna.Engine.Constraints;
using Puna.Engine.Sampling;
using Puna.Tokenizers;

namespace Puna.Cli.Commands;

/// <summary><c>puna constrain</c>: tries schemas without a model.</summary>
internal static class ConstrainCommand
{
    internal static Command Create()
    {
        Argument<string?> schema = new("SCHEMA") { Description = "File with a JSON Schema; - for standard input", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> tokenizer = new("--tokenizer") { Description = "Model or tokenizer file whose tokens are used (default: the built-in model)" };
        Option<string[]> accept = new("--accept") { Description = "JSON files to feed token by token", AllowMultipleArgumentsPerToken = true };
        Option<int?> sample = new("--sample") { Description = "Draw so many texts, every allowed token alike likely" };
        Option<ulong> seed = new("--seed") { Description = "Seed of the draws", DefaultValueFactory = _ => 1UL };
        Option<string?> suite = new("--suite") { Description = "File with a line {\"schema\": …, \"tests\": [{\"data\": …, \"valid\": …}]} per schema" };
        Option<string> order = new("--key-order") { Description = "Order of keys (default: any for --accept and --suite, declared for --sample)" };
        order.AcceptOnlyFromAmong("any", "declared");
        Option<string> whitespace = new("--whitespace") { Description = "Whitespace between parts (default: any for --accept and --suite, natural for --sample)" };
        whitespace.AcceptOnlyFromAmong("any", "natural", "none");
        Option<bool> json = new("--json") { Description = "Print JSON objects" };
        Command command = new("constrain", "Try a JSON Schema: is it enforced, what does it accept, what does it let through") { schema, tokenizer, accept, sample, seed, suite, order, whitespace, json };
        command.SetAction((parsed, _) => ExitCode.Guard(() =>
        {
            string? schemaFile = parsed.GetValue(schema), suiteFile = parsed.GetValue(suite);
            if (schemaFile is null == suiteFile is null) throw new UsageException("give either SCHEMA or --suite FILE.");
            parsed.RequireAtLeast(1, sample);
            bool generates = parsed.GetValue(sample) is not null;
            string[] files = parsed.GetValue(accept) ?? [];
            if (generates && files.Length > 0) throw new UsageException("give either --accept or --sample.");

            ConstraintOptions options = new()
            {
                KeyOrder = (parsed.GetValue(order) ?? (generates ? "declared" : "any")) == "any" ? KeyOrder.Any : KeyOrder.Declared,
                PlainValues = generates,
                Whitespace = (parsed.GetValue(whitespace) ?? (generates ? "natural" : "any")) switch { "any" => JsonWhitespace.Any, "none" => JsonWhitespace.None, _ => JsonWhitespace.Natural },
            };
            Tokenizer tokens = PunaModel.LoadTokenizer(parsed.GetValue(tokenizer) ?? DemoModel.Path);
            WarmUp(tokens);
            if (suiteFile is not null) RunSuite(suiteFile, tokens, options, parsed.GetValue(json));
            else RunOne(ReadText(schemaFile!), files, parsed.GetValue(sample), parsed.GetValue(seed), tokens, options, parsed.GetValue(json));
        }));
        return command;
    }

    /// <summary>Builds the tree of tokens and compiles the code, so that the first schema is not charged for either.</summary>
    private static void WarmUp(Tokenizer tokenizer)
    {
        Constraint warm = Constraint.FromJsonSchema("""{"type":"object","properties":{"warm":{"type":"string","minLength":1},"up":{"type":"number","minimum":0}}}""", ConstraintOptions.AnySpelling);
        ConstraintProbe probe = new(tokenizer);
        for (int i = 0; i < 30; i++) probe.Accepts(warm, """{"warm": "up", "up": 1, "more": [1, true, null, {"a": "b"}]}"""u8);
    }

    private static void RunOne(string schema, string[] files, int? samples, ulong seed, Tokenizer tokenizer, ConstraintOptions options, bool json)
    {
        Outcome outcome = Compile(schema, options);
        ConstraintProbe probe = new(tokenizer);
        if (outcome.Constraint is { } constraint)
        {
            foreach (string file in files) outcome.Accepted.Add(probe.Accepts(constraint, File.ReadAllBytes(file)));
            Xoshiro256 random = new(seed);
            for (int i = 0; i < (samples ?? 0); i++) outcome.Samples.Add(probe.Sample(constraint, ref random) ?? throw new IOException("a text came to no end; report this schema."));
        }

        if (json) JsonLine.Write(w => WriteOutcome(w, outcome, samples is not null, probe));
        else PrintOutcome(outcome, files, probe);
    }

    private static Outcome Compile(string schema, ConstraintOptions options)
    {
        long start = Stopwatch.GetTimestamp();
        Outcome outcome = new();
        try
        {
            outcome.Constraint = Constraint.FromJsonSchema(schema, options);
        }
        catch (ConstraintException refusal)
        {
            outcome.Refusal = refusal;
        }

        outcome.CompileMs = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        return outcome;
    }

    private static void WriteOutcome(Utf8JsonWriter w, Outcome outcome, bool sampled, ConstraintProbe probe)
    {
        w.WriteString("status", outcome.Refusal is null ? "ok" : "refused");
        w.WriteString("pointer", outcome.Refusal?.Pointer);
        w.WriteString("reason", outcome.Refusal?.Reason);
        w.WriteNumber("compile_ms", Math.Round(outcome.CompileMs, 3));
        if (sampled)
        {
            w.WriteStartArray("samples");
            foreach (string text in outcome.Samples) w.WriteStringValue(text);
            w.WriteEndArray();
        }
        else
        {
            w.WriteStartArray("accepted");
            foreach (bool accepted in outcome.Accepted) w.WriteBooleanValue(accepted);
            w.WriteEndArray();
        }

        MaskTimes times = MaskTimes.Of(probe.MaskMicroseconds);
        w.WriteStartObject("masks");
        w.WriteNumber("count", times.Count);
        w.WriteNumber("avg_us", times.Average);
        w.WriteNumber("p99_us", times.P99);
        w.WriteNumber("max_us", times.Max);
        w.WriteEndObject();
    }

    private static void PrintOutcome(Outcome outcome, string[] files, ConstraintProbe probe)
    {
        Console.WriteLine(FormattableString.Invariant($"{(outcome.Refusal is { } refusal ? $"refused: {refusal.Message}" : "ok")} ({outcome.CompileMs:F1} ms)"));
        for (int i = 0; i < outcome.Accepted.Count; i++) Console.WriteLine($"{files[i]}: {(outcome.Accepted[i] ? "accepted" : "rejected")}");
        foreach (string text in outcome.Samples) Console.WriteLine(text);
        if (probe is { MaskMicroseconds.Count: > 0 })
        {
            MaskTimes times = MaskTimes.Of(probe.MaskMicroseconds);
            Console.WriteLine(FormattableString.Invariant($"{times.Count} masks: {times.Average} µs on average, 99 % within {times.P99} µs, at most {times.Max} µs"));
        }
    }

    private static void RunSuite(string file, Tokenizer tokenizer, ConstraintOptions options, bool json)
    {
        ConstraintProbe probe = new(tokenizer);
        List<double> compileMs = [];
        int schemas = 0, refused = 0, validAccepted = 0, validTotal = 0, invalidRejected = 0, invalidTotal = 0, number = 0;
        foreach (string line in File.ReadLines(file))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line)) continue;
            using JsonDocument document = ParseLine(file, number, line);
            schemas++;
            Outcome outcome = Compile(document.RootElement.GetProperty("schema").GetRawText(), options);
            compileMs.Add(outcome.CompileMs);
            if (outcome.Refusal is not null) refused++;
            foreach (JsonElement test in document.RootElement.GetProperty("tests").EnumerateArray())
            {
                if (outcome.Constraint is null) break;
                bool valid = test.GetProperty("valid").GetBoolean();
                bool accepted = probe.Accepts(outcome.Constraint, Encoding.UTF8.GetBytes(test.GetProperty("data").GetRawText()));
                outcome.Accepted.Add(accepted);
                if (valid) (validTotal, validAccepted) = (validTotal + 1, validAccepted + (accepted ? 1 : 0));
                else (invalidTotal, invalidRejected) = (invalidTotal + 1, invalidRejected + (accepted ? 0 : 1));
            }

            if (json) JsonLine.Write(w => WriteLine(w, number, outcome));
        }

        MaskTimes times = MaskTimes.Of(probe.MaskMicroseconds);
        compileMs.Sort();
        double median = compileMs.Count == 0 ? 0 : Math.Round(compileMs[compileMs.Count / 2], 3);
        if (json)
        {
            JsonLine.Write(w =>
            {
                w.WriteNumber("schemas", schemas);
                w.WriteNumber("refused", refused);
                w.WriteNumber("valid_accepted", validAccepted);
                w.WriteNumber("valid_total", validTotal);
                w.WriteNumber("invalid_rejected", invalidRejected);
                w.WriteNumber("invalid_total", invalidTotal);
                w.WriteNumber("compile_ms_median", median);
                w.WriteNumber("mask_us_avg", times.Average);
                w.WriteNumber("mask_us_p99", times.P99);
            });
        }
        else
        {
            Console.WriteLine(FormattableString.Invariant(
                $"{schemas} schemas, {refused} refused; {validAccepted} of {validTotal} valid accepted, {invalidRejected} of {invalidTotal} invalid rejected; compiled in {median} ms (median); masks {times.Average} µs on average, 99 % within {times.P99} µs"));
        }
    }

    private static void WriteLine(Utf8JsonWriter w, int number, Outcome outcome)
    {
        w.WriteNumber("line", number);
        w.WriteString("status", outcome.Refusal is null ? "ok" : "refused");
        w.WriteString("pointer", outcome.Refusal?.Pointer);
        w.WriteString("reason", outcome.Refusal?.Reason);
        w.WriteNumber("compile_ms", Math.Round(outcome.CompileMs, 3));
        w.WriteStartArray("accepted");
        foreach (bool accepted in outcome.Accepted) w.WriteBooleanValue(accepted);
        w.WriteEndArray();
    }

    private static JsonDocument ParseLine(string file, int number, string line)
    {
        try
        {
            JsonDocument document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 512 });
            bool complete = document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("schema", out _)
                && document.RootElement.TryGetProperty("tests", out JsonElement tests) && tests.ValueKind == JsonValueKind.Array
                && tests.EnumerateArray().All(t => t.ValueKind == JsonValueKind.Object && t.TryGetProperty("data", out _) && t.TryGetProperty("valid", out JsonElement v) && v.ValueKind is JsonValueKind.True or JsonValueKind.False);
            return complete ? document : throw new UsageException($"{file}, line {number}: {{\"schema\": …, \"tests\": [{{\"data\": …, \"valid\": true or false}}]}} is needed.");
        }
        catch (JsonException error)
        {
            throw new UsageException($"{file}, line {number}: {error.Message}");
        }
    }

    private static string ReadText(string path) => path == "-" ? Console.In.ReadToEnd() : File.ReadAllText(path);

    private sealed class Outcome
    {
        internal Constraint? Constraint { get; set; }

        internal ConstraintException? Refusal { get; set; }

        internal double CompileMs { get; set; }

        internal List<bool> Accepted { get; } = [];

        internal List<string> Samples { get; } = [];
    }

    /// <summary>Times in microseconds, rounded.</summary>
    private readonly record struct MaskTimes(int Count, double Average, double P99, double Max)
    {
        internal static MaskTimes Of(IReadOnlyList<double> microseconds)
        {
            if (microseconds.Count == 0) return default;
            double[] sorted = [.. microseconds.Order()];
            return new MaskTimes(sorted.Length, Math.Round(sorted.Average(), 2), Math.Round(sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * 0.99))], 2), Math.Round(sorted[^1], 2));
        }
    }
}
