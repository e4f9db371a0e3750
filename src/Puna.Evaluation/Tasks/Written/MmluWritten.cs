using Puna.Evaluation.Grading.Choices;
using Puna.Evaluation.Models;
using Puna.Evaluation.Tasks.Choices;
using static Puna.Evaluation.Tasks.Written.WrittenTask;

namespace Puna.Evaluation.Tasks.Written;

/// <summary>MMLU with answers that the model writes.</summary>
/// <remarks>Sources: meta-llama/llama-models, models/llama3_1/eval_details.md; openai/simple-evals, mmlu_eval.py and common.py.</remarks>
internal static class MmluWritten
{
    internal static IEnumerable<EvaluationTask> All =>
    [
        new WrittenTask("meta/mmlu-instruct-5shot", "MMLU for instruct models: 5 shots as turns, the answer begun for the model", ModelVariant.Instruct, MmluItems.Layout, ["acc"])
        {
            Shot = 5,
            Reader = MmluItems.Read,
            Prompt = (item, shots, _) => new ModelRequest
            {
                Turns = [.. shots.SelectMany(shot => (PromptTurn[])[.. User(Instruct(shot)), new("assistant", $"The best answer is {Letter(shot)}.")]), .. User(Instruct(item))],
                Prefill = "The best answer is",
                MaxTokens = 10,
                Stop = ["."],
            },
            Mark = (item, text, _) =>
            {
                string letter = string.Concat(text.Where(c => !char.IsPunctuation(c))).Trim();
                return Of(new(letter.Length == 0 ? null : letter, "prefilled"), ("acc", letter.Equals(Letter(item), StringComparison.OrdinalIgnoreCase)));
            },
            Right = (item, _) => $" {Letter(item)}",
            Guess = Guess,
        },
        new WrittenTask("meta/mmlu-0shot-cot", "MMLU for instruct models: no shots, steps first, last \"best answer is X\"", ModelVariant.Instruct, MmluItems.Layout, ["acc"])
        {
            Reader = MmluItems.Read,
            Prompt = (item, _, _) => new ModelRequest { Turns = User(Steps(item)), MaxTokens = 1024 },
            Mark = (item, text, _) => LetterExtractors.Meta(text) is var found ? Of(found, ("acc", found.Value == Letter(item))) : default!,
            Right = (item, _) => $"The best answer is {Letter(item)}.",
            Guess = Guess,
        },
        new WrittenTask("simple/mmlu", "MMLU as simple-evals asks it, at temperature 0; first \"Answer: X\" in about forty forms", ModelVariant.Instruct, MmluItems.Layout, ["acc"])
        {
            Reader = MmluItems.Read,
            Prompt = (item, _, _) => new ModelRequest { Turns = User(Simple(item.Text("question"), item.Texts("choices"))), MaxTokens = 2048 },
            Mark = (item, text, _) => MultilingualLetter.Extract(text) is var found ? Of(found, ("acc", found.Value == Letter(item))) : default!,
            Right = (item, _) => $"Answer: {Letter(item)}",
            Guess = Guess,
        },
    ];

    /// <summary>The chat prompt that simple-evals uses for questions of four choices.</summary>
    internal static string Simple(string question, IReadOnlyList<string> choices) =>
        "Answer the following multiple choice question. The last line of your response should be of the following format: 'Answer: $LETTER' (without quotes) where LETTER is one of ABCD. "
        + $"Think step by step before answering.\n\n{question}\n{ChoiceLetters.Lines(choices, "\n{0}) {1}")}";

    private static double Guess(EvaluationItem item) => 1.0 / item.Texts("choices").Count;

    private static string Letter(EvaluationItem item) => ChoiceLetters.Letter(item.Number("answer"));

    private static string Instruct(EvaluationItem item) =>
        $"Given the following question and four candidate answers (A, B, C and D), choose the best answer.\nQuestion: {item.Text("question")}{ChoiceLetters.Lines(item.Texts("choices"))}\n"
        + "Your response should end with \"The best answer is [the_answer_letter]\" where the [the_answer_letter] is one of A, B, C or D.";

    private static string Steps(EvaluationItem item) =>
        $"Given the following question and four candidate answers (A, B, C and D), choose the best answer.\n\nQuestion: {item.Text("question")}{ChoiceLetters.Lines(item.Texts("choices"))}\n\n"
        + "- For simple problems:\nDirectly provide the answer with minimal explanation.\n\n- For complex problems:\nUse this step-by-step format:\n## Step 1: [Concise description]\n[Brief explanation]\n"
        + "## Step 2: [Concise description]\n[Brief explanation]\n\nRegardless of the approach, always conclude with:\nThe best answer is [the_answer_letter].\nwhere the [the_answer_letter] is one of A, B, C or D.\n\n"
        + "Let's think step by step.";
}
