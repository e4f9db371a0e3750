using System.Text.Json;

namespace Puna.Evaluation.Grading;

/// <summary>JSON in an answer, with or without a fence around it.</summary>
internal static class JsonAnswer
{
    /// <summary>The text without one leading fence (with or without the word json) and one closing fence.</summary>
    public static string StripFence(string answer)
    {
        string text = answer.Trim();
        foreach (string fence in (ReadOnlySpan<string>)["```json", "```Json", "```JSON", "```"])
        {
            if (text.StartsWith(fence, StringComparison.Ordinal)) text = text[fence.Length..];
        }

        return (text.EndsWith("```", StringComparison.Ordinal) ? text[..^3] : text).Trim();
    }

    /// <summary>The document, null where the text is none.</summary>
    public static JsonDocument? TryParse(string answer)
    {
        try
        {
            return JsonDocument.Parse(StripFence(answer));
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
