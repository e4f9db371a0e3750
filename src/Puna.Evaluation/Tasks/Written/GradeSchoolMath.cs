using System.Text.Json.Nodes;
using Puna.Evaluation.Data;
using Puna.Evaluation.Grading;
using Puna.Evaluation.Grading.Mathematics;
using Puna.Evaluation.Models;
using static Puna.Evaluation.Tasks.Written.WrittenTask;

namespace Puna.Evaluation.Tasks.Written;

/// <summary>GSM8K, and MGSM, which is part of it in eleven languages.</summary>
/// <remarks>Sources: EleutherAI lm-evaluation-harness, lm_eval/tasks/gsm8k and llama3; google-research/url-nlp, mgsm; openai/simple-evals, mgsm_eval.py.</remarks>
internal static class GradeSchoolMath
{
    private const string Source = "openai/gsm8k, config main (MIT)";
    private static readonly string[] Ends = ["Question:", "</s>", "<|im_end|>"];

    internal static IEnumerable<EvaluationTask> All =>
    [
        Gsm8k("lmeval/gsm8k", "GSM8K, 5 shots drawn from the training split by --seed, anew for every question; first number behind ####, and the last anywhere", 5, "train", null, Gsm8kAnswer.Strict, gold => $"#### {gold}",
            (item, shots) => new ModelRequest { Prompt = string.Concat(shots.Select(shot => $"Question: {shot.Text("question")}\nAnswer: {shot.Text("solution")}\n\n")) + $"Question: {item.Text("question")}\nAnswer:", Stop = Ends }),
        Gsm8k("lmeval/gsm8k_cot", "GSM8K, 8 fixed shots with steps from a file fewshot_cot; first \"The answer is N.\", and the last number anywhere", 8, "fewshot_cot", null, Gsm8kAnswer.StrictChainOfThought, gold => $"The answer is {gold}.",
            (item, shots) => new ModelRequest { Prompt = string.Concat(shots.Select(shot => $"Q: {shot.Text("question")}\nA: {shot.Text("solution")}\n\n")) + $"Q: {item.Text("question")}\nA:", Stop = ["Q:", .. Ends[1..]] }),
        Gsm8k("meta/gsm8k-8shot", "GSM8K for instruct models: 8 fixed shots as turns from a file fewshot_llama; last \"final answer is N\"", 8, "fewshot_llama", ModelVariant.Instruct, Gsm8kAnswer.Llama, gold => $"The final answer is {gold}",
            (item, shots) => new ModelRequest { Turns = [.. shots.SelectMany(shot => (PromptTurn[])[.. User(Llama(shot)), new("assistant", shot.Text("solution"))]), .. User(Llama(item))], MaxTokens = 1024 }),
        new WrittenTask("puna/mgsm", "GSM8K in eleven languages: question, an instruction in English, last number behind the language's word for answer; macro average over languages", ModelVariant.Instruct,
            new DataLayout("mgsm", "google-research/url-nlp, mgsm (CC BY-SA 4.0): mgsm_bn.tsv and so on.", "mgsm") { Columns = ["question", "answer"] }, ["exact_match", "exact_match_any_digits"])
        {
            Reader = ReadMgsm,
            Prompt = (item, _, _) => new ModelRequest { Turns = User($"{item.Text("question")}\n\nSolve this step by step. End with a line of the form \"{MgsmAnswer.Words[item.Group]}: N\", where N is the number alone."), MaxTokens = 2048 },
            Mark = (item, text, _) =>
            {
                Extraction found = MgsmAnswer.Extract(text, item.Group);
                return Of(found, ("exact_match", MgsmAnswer.Equal(found.Value, item.Text("answer"))), ("exact_match_any_digits", MgsmAnswer.Equal(MgsmAnswer.Extract(text, item.Group, anyDigits: true).Value, item.Text("answer"))));
            },
            Right = (item, _) => $"{MgsmAnswer.Words[item.Group]}: {item.Text("answer")}",
        },
    ];

    private static WrittenTask Gsm8k(
        string name, string summary, int shots, string split, ModelVariant? variant, Func<string, Extraction> extract, Func<string, string> right, Func<EvaluationItem, IReadOnlyList<EvaluationItem>, ModelRequest> prompt) =>
        new(name, summary, variant, new DataLayout("gsm8k", $"{Source}{(split == "train" ? "." : $"; {split}.jsonl has the recipe's worked examples, a question and a target each.")}", "test", split) { Config = "main" }, ["exact_match", "exact_match_flexible"])
        {
            Shot = shots,
            Draws = split == "train",
            Revision = split == "train" ? 2 : 1,
            Reader = ReadGsm8k,
            Prompt = (item, worked, _) => prompt(item, worked),
            Mark = (item, text, _) =>
            {
                Extraction found = extract(text);
                string gold = item.Text("answer");
                return Of(found, ("exact_match", Gsm8kAnswer.Comparison.Holds(found.Value, gold)), ("exact_match_flexible", Gsm8kAnswer.Comparison.Holds(Gsm8kAnswer.Flexible(text).Value, gold)));
            },
            Right = (item, _) => right(item.Text("answer")),
        };

    private static string Llama(EvaluationItem item) =>
        $"Given the following problem, reason and give a final answer to the problem.\nProblem: {item.Text("question")}\nYour response should end with \"The final answer is [answer]\" where [answer] is the response to the problem.";

    /// <summary>A question with its answer, or a worked example with the text to show as one.</summary>
    private static EvaluationItem ReadGsm8k(JsonObject row, RowPlace place)
    {
        string? target = row["target"]?.ToString();
        string solution = target ?? Field(row, "answer");
        return new EvaluationItem($"gsm8k/{place.Index}", "", new JsonObject
        {
            ["question"] = Field(row, "question"),
            ["solution"] = solution,
            ["answer"] = target is null ? Gsm8kAnswer.Gold(solution) : "",
        });
    }

    private static EvaluationItem ReadMgsm(JsonObject row, RowPlace place)
    {
        string language = row["language"]?.ToString() ?? place.File[(place.File.LastIndexOf('_') + 1)..];
        if (!MgsmAnswer.Words.ContainsKey(language)) throw new EvaluationException($"The file's name tells of no language of MGSM ('{language}'); it must be mgsm_{string.Join(", mgsm_", MgsmAnswer.Words.Keys)}.");

        return new EvaluationItem($"{language}/{place.FileIndex}", language, new JsonObject { ["question"] = Field(row, "question"), ["answer"] = Field(row, "answer").Replace(",", "", StringComparison.Ordinal) });
    }
}
