using System.Text.Json;
using Puna.Evaluation.Grading;
using Puna.Evaluation.Grading.Choices;
using Puna.Evaluation.Grading.Code;
using Puna.Evaluation.Grading.Fields;
using Puna.Evaluation.Grading.Instructions;
using Puna.Evaluation.Grading.Mathematics;
using Puna.Evaluation.Grading.Tools;

namespace Puna.Tests.Evaluation.Grading;

/// <summary>
/// Every extractor ends on two hundred thousand characters made of what its rules look for. One that took time with the square of
/// the length would run for 40 billion steps in each case, and the test with it.
/// </summary>
public sealed class LinearTimeTests
{
    private const int Length = 200_000;

    private static readonly string[] Pieces =
    [
        "A", " B ", "answer is (", "answer is A", "Answer:", "Answer :\t", "best answer is ", "The correct answer is (", "\n", " ", "*", "**", "\\boxed", "\\boxed{", "{", "}", "$",
        "\\text{", "frac", "sqrt", "#### ", "1,", "1.", "-", "final answer is ", "Final Answer: The final answer is", " I hope it is correct", "```", "```python\n", "def f(",
        "[", "]", "(", ")", "f(a=", "'", "\"", "<<", ">>", "***", "******", "p.", "P.S.", "x.y.", "!", "Section 1", "[BEGIN]", "\\n", "=", "উত্তর:",
    ];

    public static TheoryData<string> Hostile => [.. Pieces.Select((_, i) => $"{i}"), .. Enumerable.Range(0, 8).Select(i => $"mixed {i}")];

    [Theory, MemberData(nameof(Hostile))]
    public void Every_extractor_ends(string name)
    {
        string text = Text(name);
        JsonElement gold = JsonDocument.Parse("""{"a": 1}""").RootElement;

        LetterExtractors.Meta(text);
        LetterExtractors.Simple(text);
        LetterExtractors.MmluProThreeSteps(text);
        LetterExtractors.LongBench(text);
        MultilingualLetter.Extract(text);
        BoxedAnswer.Extract(text);
        MinervaAnswer.Extract(text);
        MinervaAnswer.Normalize(text);
        HendrycksEquality.Holds(text, "1");
        Assert.False(LatexEquality.Symbolic(text, "1"));
        Gsm8kAnswer.Strict(text);
        Gsm8kAnswer.Llama(text);
        Gsm8kAnswer.StrictChainOfThought(text);
        Gsm8kAnswer.Comparison.Holds(Gsm8kAnswer.Flexible(text).Value, "1");
        MgsmAnswer.Extract(text, "bn", anyDigits: true);
        CodeExtractor.Defining(text, "f", "python");
        CodeExtractor.SimpleBody(text);
        CodeExtractor.BetweenMarks(text);
        PythonCalls.Parse(text);
        PythonCalls.Parse(text[..60_000]);
        Assert.Equal(1, FieldExtraction.Grade(text, gold).Normalized.FalseNegatives);
        SubstringMetrics.All(text, ["needle"]);
        foreach (string id in InstructionCheckers.Ids) InstructionCheckers.Check(Instruction.Of(id, Arguments), text);
    }

    private static readonly JsonElement Arguments = JsonDocument.Parse("""
        {"keywords": ["sun", "moon"], "keyword": "sun", "frequency": 1, "relation": "at least", "forbidden_words": ["cat"], "letter": "e", "let_frequency": 1, "let_relation": "at least",
         "language": "de", "num_sentences": 1, "num_words": 1, "num_paragraphs": 1, "nth_paragraph": 1, "first_word": "a", "num_placeholders": 1, "postscript_marker": "P.S.",
         "num_bullets": 1, "num_highlights": 1, "section_spliter": "Section", "num_sections": 1, "prompt_to_repeat": "a", "end_phrase": "b", "capital_frequency": 1, "capital_relation": "at least"}
        """).RootElement;

    private static string Text(string name)
    {
        if (!name.StartsWith("mixed", StringComparison.Ordinal))
        {
            string piece = Pieces[int.Parse(name)];
            return string.Concat(Enumerable.Repeat(piece, Length / piece.Length));
        }

        Random random = new(int.Parse(name["mixed ".Length..]));
        string[] few = random.GetItems(Pieces, 4);
        return string.Concat(random.GetItems(few, Length / 8));
    }
}
