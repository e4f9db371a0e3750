using System.Globalization;
using System.Text.Json;
using Puna.Safety.LlamaGuard;
using Puna.Safety.Obfuscation;

namespace Puna.Cli.Guarding;

/// <summary>What a guard said, as lines for a person and as JSON.</summary>
internal static class GuardReport
{
    private const int MaxPlaces = 20, ExcerptChars = 100;

    /// <summary>The verdict of an injection scanner.</summary>
    internal static void WriteInjection(string scanner, string text, IReadOnlyList<InjectionFinding> findings, float threshold, double milliseconds, bool json)
    {
        float score = findings.Count > 0 ? findings[0].Score : 0;
        InjectionFinding[] places = [.. InjectionFinding.Places(findings, threshold).Take(MaxPlaces)];
        if (json)
        {
            JsonLine.Write(w =>
            {
                Head(w, scanner, score >= threshold, score, threshold);
                w.WriteStartArray("categories");
                if (score >= threshold) w.WriteStringValue("injection");
                w.WriteEndArray();
                w.WriteStartArray("positions");
                foreach (InjectionFinding place in places) Write(w, place);
                w.WriteEndArray();
                w.WriteNumber("characters", text.Length);
                w.WriteNumber("elapsed_ms", Math.Round(milliseconds, 3));
            });
            return;
        }

        Console.Out.WriteLine($"{(score >= threshold ? "flagged" : "passed")}  probability of an injection {Number(score)} (threshold {Number(threshold)})");
        foreach (InjectionFinding place in places)
        {
            string read = place.Passes == ObfuscationPasses.None ? "" : $", read without {PassNames.Of(place.Passes)}";
            Console.Out.WriteLine($"  characters {place.Start} to {place.End}: {Number(place.Score)}{read}");
            Console.Out.WriteLine($"    {Excerpt(text, place.Start, place.End)}");
        }
    }

    /// <summary>The verdict of a Llama Guard.</summary>
    internal static void WriteHarm(LlamaGuardModel model, LlamaGuardVerdict verdict, IReadOnlyList<LlamaGuardCategory> categories, double milliseconds, bool json)
    {
        string scanner = LlamaGuardKinds.Names[(int)model.Kind];
        float threshold = verdict.JudgesAgent ? model.Options.Thresholds.Agent : model.Options.Thresholds.User;
        if (json)
        {
            JsonLine.Write(w =>
            {
                Head(w, scanner, verdict.Unsafe, verdict.Probability, threshold);
                w.WriteStartArray("categories");
                foreach (string code in verdict.Codes) w.WriteStringValue(code);
                w.WriteEndArray();
                w.WriteStartObject("category_scores");
                foreach ((string code, float score) in verdict.CategoryScores) w.WriteNumber(code, score);
                w.WriteEndObject();
                w.WriteString("judges", verdict.JudgesAgent ? "assistant" : "user");
                w.WriteNumber("mass", verdict.Mass);
                w.WriteNumber("prompt_tokens", verdict.PromptTokens);
                w.WriteNumber("elapsed_ms", Math.Round(milliseconds, 3));
            });
            return;
        }

        Console.Out.WriteLine($"{(verdict.Unsafe ? "flagged" : "passed")}  probability of unsafe content {Number(verdict.Probability)} (threshold {Number(threshold)}), the {(verdict.JudgesAgent ? "assistant" : "user")}'s message");
        foreach (string code in verdict.Codes)
            Console.Out.WriteLine($"  {code}  {TerminalText.Printable(categories.FirstOrDefault(c => c.Code == code)?.Name ?? "")}: {Number(verdict.CategoryScores.GetValueOrDefault(code))}");
    }

    private static void Head(Utf8JsonWriter w, string scanner, bool flagged, float probability, float threshold)
    {
        w.WriteString("scanner", scanner);
        w.WriteString("verdict", flagged ? "unsafe" : "safe");
        w.WriteBoolean("flagged", flagged);
        w.WriteNumber("probability", probability);
        w.WriteNumber("threshold", threshold);
    }

    private static void Write(Utf8JsonWriter w, InjectionFinding place)
    {
        w.WriteStartObject();
        w.WriteNumber("start", place.Start);
        w.WriteNumber("end", place.End);
        w.WriteNumber("score", place.Score);
        w.WriteStartArray("undone");
        foreach (string name in PassNames.Each(place.Passes)) w.WriteStringValue(name);
        w.WriteEndArray();
        w.WriteEndObject();
    }

    private static string Excerpt(string text, int start, int end)
    {
        int length = Math.Min(end - start, ExcerptChars);
        if (length > 0 && start + length < text.Length && char.IsHighSurrogate(text[start + length - 1])) length--;
        return TerminalText.Printable(text.Substring(start, length)).ReplaceLineEndings(" ").Replace('\t', ' ') + (length < end - start ? " …" : "");
    }

    internal static string Number(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}
