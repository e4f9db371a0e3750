using System.Text.RegularExpressions;

namespace Puna.Evaluation.Grading.Choices;

/// <summary>Reads the letter of a choice from an answer, by the rules of the recipes that publish scores.</summary>
internal static class LetterExtractors
{
    private static readonly Regex BestAnswer = LinearPattern.Of("best answer is ([A-Z])");
    private static readonly Regex ChatAnswer = LinearPattern.Of(@"Answer[ \t]*:[ \t]*\$?([A-D])\$?", RegexOptions.IgnoreCase);
    private static readonly Regex ProAnswer = LinearPattern.Of(@"answer is \(?([ABCDEFGHIJ])\)?");
    private static readonly Regex ProLine = LinearPattern.Of(@"[aA]nswer:\s*([A-J])");
    private static readonly Regex CorrectInParentheses = LinearPattern.Of(@"The correct answer is \(([A-D])\)");
    private static readonly Regex Correct = LinearPattern.Of("The correct answer is ([A-D])");

    /// <summary>Meta's recipes: the last "best answer is X".</summary>
    public static Extraction Meta(string answer) => Of(BestAnswer.Last(answer), "best_answer");

    /// <summary>simple-evals' GPQA: the first "Answer: X" in any case, the letter as written.</summary>
    public static Extraction Simple(string answer) => Of(ChatAnswer.First(answer), "answer_colon");

    /// <summary>lm-evaluation-harness' MMLU-Pro: the first "answer is (X)".</summary>
    public static Extraction MmluPro(string answer) => Of(ProAnswer.First(answer), "answer_is");

    /// <summary>MMLU-Pro as its authors do it, without their random letter for answers that have none.</summary>
    public static Extraction MmluProThreeSteps(string answer)
    {
        Extraction first = MmluPro(answer);
        if (first.Found) return first;

        Extraction second = Of(LastOnFirstLine(ProLine, answer), "answer_colon");
        return second.Found ? second : Of(LastStandAlone(answer, 'A', 'J'), "last_letter");
    }

    /// <summary>LongBench v2: asterisks deleted, then "The correct answer is (X)", then the same without parentheses.</summary>
    public static Extraction LongBench(string answer)
    {
        answer = answer.Replace("*", "", StringComparison.Ordinal);
        Extraction first = Of(CorrectInParentheses.First(answer), "parentheses");
        return first.Found ? first : Of(Correct.First(answer), "bare");
    }

    private static Extraction Of(string? value, string rule) => value is null ? Extraction.None : new(value, rule);

    /// <summary>Of the first line on which a match starts, the last match: what a leading ".*" does, without trying it everywhere.</summary>
    private static string? LastOnFirstLine(Regex pattern, string text)
    {
        Match match = pattern.Match(text);
        if (!match.Success) return null;

        int end = text.IndexOf('\n', match.Index);
        if (end < 0) end = text.Length;
        Match last = match;
        for (; match.Success && match.Index < end; match = match.NextMatch()) last = match;
        return last.Groups[1].Value;
    }

    private static string? LastStandAlone(string text, char from, char to)
    {
        for (int i = text.Length - 1; i >= 0; i--)
        {
            if (text[i] < from || text[i] > to) continue;
            if (i > 0 && PythonText.IsWord(text, i - 1)) continue;
            if (i + 1 < text.Length && PythonText.IsWord(text, i + 1)) continue;
            return text[i].ToString();
        }

        return null;
    }
}
