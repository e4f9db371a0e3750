namespace Puna.Evaluation.Grading;

/// <summary>Scores of long-context answers: whether what was hidden appears in the answer, in any case.</summary>
internal static class SubstringMetrics
{
    /// <summary>Share of the references in the answer (RULER's retrieval, tracing and aggregation).</summary>
    public static double All(string answer, IReadOnlyList<string> references) => (double)Found(answer, references) / references.Count;

    /// <summary>1 where any reference is in the answer (RULER's questions, whose references are spellings of one answer).</summary>
    public static double Any(string answer, IReadOnlyList<string> references) => Found(answer, references) > 0 ? 1 : 0;

    private static int Found(string answer, IReadOnlyList<string> references)
    {
        if (references.Count == 0) throw new ArgumentException("An item without references cannot be scored.", nameof(references));
        string clean = string.Create(answer.Trim().Length, answer.Trim(), (span, text) =>
        {
            for (int i = 0; i < text.Length; i++) span[i] = text[i] < ' ' ? '\n' : text[i];
        }).Trim();
        return references.Count(reference => clean.Contains(reference, StringComparison.OrdinalIgnoreCase));
    }
}
