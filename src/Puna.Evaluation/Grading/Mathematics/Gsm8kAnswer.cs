using System.Text.RegularExpressions;

namespace Puna.Evaluation.Grading.Mathematics;

/// <summary>Numbers of GSM8K answers under the rules that scores are published with; strict and flexible can lie ten points apart.</summary>
internal static class Gsm8kAnswer
{
    private static readonly Regex Marked = LinearPattern.Of(@"#### (\-?[0-9\.\,]+)");
    private static readonly Regex AnyNumber = LinearPattern.Of(@"(-?[$0-9.,]{2,})|(-?[0-9]+)");
    private static readonly Regex ChainOfThought = LinearPattern.Of(@"The answer is (\-?[0-9\.\,]+).");
    private static readonly Regex FinalAnswer = LinearPattern.Of(@"final answer is (\-?[0-9\.\,]+)");

    /// <summary>How answers are compared: without commas, dollar signs, anything up to a mark, and one final full stop.</summary>
    public static ExactMatch Comparison { get; } = new(
        [LinearPattern.Of(","), LinearPattern.Of(@"\$"), LinearPattern.Of("(?s).*#### "), LinearPattern.Of(@"\.$")], IgnoreCase: true);

    /// <summary>The first number behind <c>####</c>.</summary>
    public static Extraction Strict(string output) => Of(Marked.First(output), "strict");

    /// <summary>The last number anywhere.</summary>
    public static Extraction Flexible(string output) => Of(AnyNumber.Last(output), "flexible");

    /// <summary>The first number behind "The answer is", of the eight worked examples.</summary>
    public static Extraction StrictChainOfThought(string output) => Of(ChainOfThought.First(output), "the_answer_is");

    /// <summary>Meta's: the last number behind "final answer is".</summary>
    public static Extraction Llama(string output) => Of(FinalAnswer.Last(output), "final_answer");

    /// <summary>The reference of a data row: the number behind the mark on the last line of its answer.</summary>
    public static string Gold(string answer)
    {
        int mark = answer.LastIndexOf("#### ", StringComparison.Ordinal);
        return mark < 0
            ? throw new EvaluationException($"GSM8K: the answer '{Shorten(answer)}' has no line '#### NUMBER'. Take the data as their authors publish them.")
            : answer[(mark + "#### ".Length)..].Trim();
    }

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "…";

    private static Extraction Of(string? value, string rule) => value is null ? Extraction.None : new(value, rule);
}
