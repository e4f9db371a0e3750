using System.Text.Json.Nodes;
using Puna.Evaluation.Data;
using Puna.Evaluation.Grading;
using Puna.Evaluation.Grading.Choices;
using Puna.Evaluation.Models;
using Puna.Evaluation.Tasks.Choices;
using static Puna.Evaluation.Tasks.Written.WrittenTask;

namespace Puna.Evaluation.Tasks.Written;

/// <summary>MMLU-Pro: up to ten choices, answered after steps.</summary>
/// <remarks>Sources: EleutherAI lm-evaluation-harness, lm_eval/tasks/mmlu_pro; TIGER-AI-Lab/MMLU-Pro, evaluate_from_local.py; meta-llama/llama-models, eval_details.md.</remarks>
internal static class MmluProWritten
{
    private const string ShotBeginning = "A: Let's think step by step. ";

    private static readonly DataLayout Layout = new("mmlu_pro", "TIGER-Lab/MMLU-Pro (MIT).", "test", "validation");

    internal static IEnumerable<EvaluationTask> All =>
    [
        new WrittenTask("lmeval/mmlu_pro", "MMLU-Pro, 5 shots with steps; first \"answer is (X)\"; micro average", null, Layout, ["exact_match"])
        {
            Shot = 5,
            Reader = Read,
            Prompt = (item, shots, _) => Text(item, shots),
            Mark = (item, text, _) => LetterExtractors.MmluPro(text) is var found ? Of(found, ("exact_match", found.Value == Letter(item))) : default!,
            Right = (item, _) => $"the answer is ({Letter(item)}).",
            Guess = Guess,
        },
        new WrittenTask("orig/mmlu_pro", "MMLU-Pro read by its authors' three steps, without their random letter for answers that have none", null, Layout, ["acc", "acc_first_rule"])
        {
            Shot = 5,
            Reader = Read,
            Prompt = (item, shots, _) => Text(item, shots),
            Mark = (item, text, _) =>
            {
                Extraction found = LetterExtractors.MmluProThreeSteps(text);
                return Of(found, ("acc", found.Value == Letter(item)), ("acc_first_rule", LetterExtractors.MmluPro(text).Value == Letter(item)));
            },
            Right = (item, _) => $"the answer is ({Letter(item)}).",
            Guess = Guess,
        },
        new WrittenTask("meta/mmlu_pro", "MMLU-Pro for instruct models: no shots, steps first, last \"best answer is X\"; macro average", ModelVariant.Instruct, Layout, ["acc"])
        {
            Reader = Read,
            Prompt = (item, _, _) => new ModelRequest
            {
                Turns = User($"Given the following question and candidate answers, choose the best answer.\nQuestion: {item.Text("question")}{ChoiceLetters.Lines(item.Texts("choices"))}\n\n"
                    + "Your response should end with \"The best answer is [the_answer_letter].\" where the [the_answer_letter] is a letter from the provided choices.\n\nLet's think step by step."),
                MaxTokens = 1024,
            },
            Mark = (item, text, _) => LetterExtractors.Meta(text) is var found ? Of(found, ("acc", found.Value == Letter(item))) : default!,
            Right = (item, _) => $"The best answer is {Letter(item)}.",
            Guess = Guess,
        },
    ];

    private static EvaluationItem Read(JsonObject row, RowPlace place)
    {
        if (row["options"] is not JsonArray options) throw new EvaluationException("There are no options.");
        string[] choices = [.. options.Select(option => option?.ToString() ?? "").Where(option => option != "N/A")];
        return new EvaluationItem(row["question_id"]?.ToString() ?? $"{place.Index}", Field(row, "category"), new JsonObject
        {
            ["question"] = Field(row, "question"),
            ["category"] = Field(row, "category"),
            ["choices"] = new JsonArray([.. choices.Select(choice => (JsonNode?)JsonValue.Create(choice))]),
            ["answer"] = MmluItems.AnswerOf(row, choices.Length),
            ["steps"] = row["cot_content"]?.ToString() ?? "",
        });
    }

    private static ModelRequest Text(EvaluationItem item, IReadOnlyList<EvaluationItem> shots) => new()
    {
        Prompt = $"The following are multiple choice questions (with answers) about {item.Text("category")}. Think step by step and then finish your answer with \"the answer is (X)\" where X is the correct letter choice.\n"
            + string.Concat(shots.Select(shot => $"{Question(shot)} {Steps(shot)}\n\n")) + Question(item),
        MaxTokens = 2048,
        Stop = ["Question:"],
    };

    private static string Question(EvaluationItem item) => $"Question:\n{item.Text("question")}\nOptions:{ChoiceLetters.Lines(item.Texts("choices"))}\nAnswer: Let's think step by step.";

    private static string Steps(EvaluationItem shot)
    {
        string steps = shot.Text("steps");
        return steps.StartsWith(ShotBeginning, StringComparison.Ordinal) ? steps[ShotBeginning.Length..] : steps;
    }

    private static string Letter(EvaluationItem item) => ChoiceLetters.Letter(item.Number("answer"));

    private static double Guess(EvaluationItem item) => 1.0 / item.Texts("choices").Count;
}
