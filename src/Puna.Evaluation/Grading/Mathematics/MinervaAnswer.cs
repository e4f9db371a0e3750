using System.Text.RegularExpressions;

namespace Puna.Evaluation.Grading.Mathematics;

/// <summary>
/// Final answers as the four-shot MATH prompt of Lewkowycz et al. (2022) asks for them, and their normalisation, kept with
/// its defects ("ft" is deleted inside <c>\left</c>) so that scores can be set beside published ones.
/// </summary>
internal static class MinervaAnswer
{
    private const string Start = "Final Answer: The final answer is";
    private const string End = " I hope it is correct";

    private static readonly (string From, string To)[] Substitutions =
    [
        ("an ", ""), ("a ", ""), (".$", "$"), ("\\$", ""), ("\\ ", ""), (" ", ""), ("mbox", "text"),
        (",\\text{and}", ","), ("\\text{and}", ","), ("\\text{m}", "\\text{}"),
    ];

    private static readonly string[] Deleted =
    [
        "square", "ways", "integers", "dollars", "mph", "inches", "ft", "hours", "km", "units", "\\ldots", "sue", "points", "feet", "minutes",
        "digits", "cents", "degrees", "cm", "gm", "pounds", "meters", "meals", "edges", "students", "childrentickets", "multiples",
        "\\text{s}", "\\text{.}", "\\text{\ns}", "\\text{}^2", "\\text{}^3", "\\text{\n}", "\\text{}", "\\mathrm{th}", "^\\circ", "^{\\circ}",
        "\\;", ",\\!", "{,}", "\"", "\\dots",
    ];

    private static readonly Regex Text = LinearPattern.Of(@"\\text\{(.*?)\}");
    private static readonly Regex Bold = LinearPattern.Of(@"\\textbf\{(.*?)\}");
    private static readonly Regex Overline = LinearPattern.Of(@"\\overline\{(.*?)\}");
    private static readonly Regex Boxed = LinearPattern.Of(@"\\boxed\{(.*)\}");
    private static readonly Regex Fraction = LinearPattern.Of(@"frac([^{])(.)");
    private static readonly Regex Root = LinearPattern.Of(@"sqrt([^{])");

    /// <summary>The answer on the first line that gives one in the prompt's form.</summary>
    public static Extraction Extract(string output)
    {
        foreach (string line in (output + "I hope it is correct.").Split('\n'))
        {
            int start = line.IndexOf(Start, StringComparison.Ordinal);
            if (start < 0) continue;
            start += Start.Length;

            // One character stands between the answer and the closing words, and one behind them: any, since upstream's dots are not escaped.
            int end = start + 1 <= line.Length ? line.IndexOf(End, start + 1, StringComparison.Ordinal) : -1;
            if (end >= 0 && end + End.Length < line.Length) return new Extraction(line[start..(end - 1)].Trim(), "final_answer");
        }

        return Extraction.None;
    }

    /// <summary>The normal form of an answer; equal forms are equal answers.</summary>
    public static string Normalize(string answer)
    {
        answer = answer[(answer.LastIndexOf('=') + 1)..];
        foreach ((string from, string to) in Substitutions) answer = answer.Replace(from, to, StringComparison.Ordinal);
        foreach (string word in Deleted) answer = answer.Replace(word, "", StringComparison.Ordinal);

        answer = string.Join('\n', answer.Split('\n').Select(FirstMathPair));
        answer = Text.Replace(answer, "$1");
        answer = Bold.Replace(answer, "$1");
        answer = Overline.Replace(answer, "$1");
        answer = Boxed.Replace(answer, "$1");
        answer = Fraction.Replace(answer, "frac{$1}{$2}");
        answer = Root.Replace(answer, "sqrt{$1}");
        answer = answer.Replace("$", "", StringComparison.Ordinal);

        string digits = answer.Replace(",", "", StringComparison.Ordinal);
        return digits.Length > 0 && digits.All(char.IsDigit) ? digits : answer;
    }

    private static string FirstMathPair(string line)
    {
        int open = line.IndexOf('$', StringComparison.Ordinal);
        int close = open < 0 ? -1 : line.IndexOf('$', open + 1);
        return close < 0 ? line : line[open..(close + 1)];
    }
}
