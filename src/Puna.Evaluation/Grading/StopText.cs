namespace Puna.Evaluation.Grading;

/// <summary>Cuts an answer where generation should have stopped, for models behind doors that stop too late or not at all.</summary>
internal static class StopText
{
    /// <summary>The text before the first occurrence of each stop string, in list order; empty stop strings are ignored.</summary>
    /// <param name="text">The answer.</param>
    /// <param name="stops">The stop strings.</param>
    /// <returns>The text, and the stop string that cut it last or null.</returns>
    public static (string Text, string? Stop) Cut(string text, IReadOnlyList<string> stops)
    {
        string? fired = null;
        foreach (string stop in stops)
        {
            if (stop.Length == 0) continue;
            int at = text.IndexOf(stop, StringComparison.Ordinal);
            if (at < 0) continue;
            text = text[..at];
            fired = stop;
        }

        return (text, fired);
    }
}
