namespace Puna.Evaluation.Grading.Mathematics;

/// <summary>The content of the last <c>\boxed</c> of a solution. Braces are counted: no pattern can.</summary>
internal static class BoxedAnswer
{
    public static Extraction Extract(string solution)
    {
        const string spaced = "\\boxed ";
        int space = solution.LastIndexOf(spaced, StringComparison.Ordinal);
        if (space >= 0)
        {
            string rest = solution[(space + spaced.Length)..];
            int dollar = rest.IndexOf('$', StringComparison.Ordinal);
            return new Extraction(dollar < 0 ? rest : rest[..dollar], "boxed_space");
        }

        int boxed = solution.LastIndexOf("\\boxed", StringComparison.Ordinal);
        return boxed >= 0 ? Braced(solution, boxed + "\\boxed".Length, "boxed")
            : solution.LastIndexOf("\\fbox", StringComparison.Ordinal) is var framed and >= 0 ? Braced(solution, framed + "\\fbox".Length, "fbox")
            : Extraction.None;
    }

    private static Extraction Braced(string text, int open, string rule)
    {
        if (open >= text.Length || text[open] != '{') return Extraction.None;
        int depth = 0;
        for (int i = open; i < text.Length; i++)
        {
            if (text[i] == '{') depth++;
            else if (text[i] == '}' && --depth == 0) return new Extraction(text[(open + 1)..i], rule);
        }

        return Extraction.None;
    }
}
