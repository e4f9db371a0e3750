using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Puna.Evaluation.Data;
using Puna.Evaluation.Grading;
using Puna.Evaluation.Grading.Mathematics;
using Puna.Evaluation.Models;
using static Puna.Evaluation.Tasks.Written.WrittenTask;

namespace Puna.Evaluation.Tasks.Written;

/// <summary>MATH, whole or the 500 of MATH-500.</summary>
/// <remarks>Sources: EleutherAI lm-evaluation-harness, lm_eval/tasks/minerva_math and hendrycks_math; openai/simple-evals, math_eval.py.</remarks>
internal static class CompetitionMath
{
    private static readonly Regex LastLine = LinearPattern.Of(@"Answer\s*:\s*([^\n]+)", RegexOptions.IgnoreCase);

    private static readonly DataLayout Layout = new("math", "EleutherAI/hendrycks_math, or HuggingFaceH4/MATH-500; fewshot.jsonl has the recipe's worked examples, a problem and a solution each.", "test", "fewshot");

    internal static IEnumerable<EvaluationTask> All =>
    [
        new WrittenTask("meta/math-4shot", "MATH as Minerva and Meta's base models are scored: 4 fixed shots from a file fewshot, equality after normalisation (equiv: by value)", ModelVariant.Base, Layout, ["exact_match", "equiv"])
        {
            Shot = 4,
            Reader = Read,
            Prompt = (item, shots, _) => new ModelRequest { Prompt = string.Concat(shots.Select(shot => $"{Problem(shot)} {shot.Text("solution")}\n\n")) + Problem(item), MaxTokens = 512, Stop = ["Problem:"] },
            Mark = (item, text, _) =>
            {
                Extraction found = MinervaAnswer.Extract(text);
                return Marks(found, found.Value, item.Text("answer"));
            },
            Right = (item, _) => $"Final Answer: The final answer is ${item.Text("answer")}$. I hope it is correct.",
        },
        new WrittenTask("lmeval/hendrycks_math", "MATH without shots: what stands between the first and the last $, equality by the authors' rewrites", null, Layout with { Shots = null }, ["exact_match"])
        {
            Reader = Read,
            Prompt = (item, _, _) => new ModelRequest { Prompt = $"Problem: {item.Text("problem")}\nAnswer:", Stop = ["Problem:"] },
            Mark = (item, text, _) =>
            {
                int first = text.IndexOf('$', StringComparison.Ordinal), last = text.LastIndexOf('$');
                string answer = first < last ? text[(first + 1)..last] : text;
                return Of(new(answer, "dollars"), ("exact_match", HendrycksEquality.Holds(answer, item.Text("answer"))));
            },
            Right = (item, _) => $"${item.Text("answer")}$",
        },
        new WrittenTask("simple/math-by-rule", "MATH with simple-evals' prompt, at temperature 0, marked by normalisation and by value instead of by a judge model", ModelVariant.Instruct, Layout with { Shots = null }, ["equiv", "exact_match"])
        {
            Reader = Read,
            Prompt = (item, _, _) => new ModelRequest
            {
                Turns = User("Solve the following math problem step by step. The last line of your response should be of the form Answer: $ANSWER (without quotes) where $ANSWER is the answer to the problem.\n\n"
                    + $"{item.Text("problem")}\n\nRemember to put your answer on its own line after \"Answer:\", and you do not need to use a \\boxed command."),
                MaxTokens = 2048,
            },
            Mark = (item, text, _) =>
            {
                string? answer = LastLine.First(text);
                return Marks(answer is null ? Extraction.None : new(answer, "answer_colon"), answer, item.Text("answer"));
            },
            Right = (item, _) => $"Answer: {item.Text("answer")}",
        },
    ];

    private static string Problem(EvaluationItem item) => $"Problem:\n{item.Text("problem")}\n\nSolution:";

    private static ItemGrade Marks(Extraction found, string? answer, string gold)
    {
        Equivalence level = answer is null ? Equivalence.None : LatexEquality.Compare(answer, gold);
        return Of(found with { Rule = found.Found ? $"{found.Rule}, {level.ToString().ToLowerInvariant()}" : found.Rule }, ("exact_match", level == Equivalence.Normalized), ("equiv", level != Equivalence.None));
    }

    private static EvaluationItem Read(JsonObject row, RowPlace place)
    {
        string solution = row["solution"]?.ToString() ?? "";
        string answer = row["answer"]?.ToString() ?? BoxedAnswer.Extract(solution).Value ?? throw new EvaluationException("There is neither an answer nor a \\boxed one in the solution.");
        string subject = row["subject"]?.ToString() ?? row["type"]?.ToString() ?? place.File;
        return new EvaluationItem(row["unique_id"]?.ToString() ?? $"{subject}/{place.Index}", subject, new JsonObject { ["problem"] = Field(row, "problem"), ["solution"] = solution, ["answer"] = answer, ["level"] = row["level"]?.ToString() ?? "" });
    }
}
