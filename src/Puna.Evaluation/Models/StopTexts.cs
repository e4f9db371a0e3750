namespace Puna.Evaluation.Models;

/// <summary>Cutting an answer where it should have stopped.</summary>
internal static class StopTexts
{
    /// <summary>The text before the first occurrence of every stop text, in the order of the list. Cutting twice is as cutting once.</summary>
    internal static string Cut(string text, IReadOnlyList<string> stops)
    {
        foreach (string stop in stops)
        {
            int at = stop.Length == 0 ? -1 : text.IndexOf(stop, StringComparison.Ordinal);
            if (at >= 0) text = text[..at];
        }

        return text;
    }
}
