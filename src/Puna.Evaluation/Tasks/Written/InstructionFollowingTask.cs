using System.Text.Json.Nodes;
using Puna.Evaluation.Data;
using Puna.Evaluation.Grading.Instructions;
using Puna.Evaluation.Models;
using static Puna.Evaluation.Tasks.Written.WrittenTask;

namespace Puna.Evaluation.Tasks.Written;

/// <summary>IFEval: instructions that a program can check.</summary>
/// <remarks>Source: google-research/google-research, instruction_following_eval.</remarks>
internal static class InstructionFollowingTask
{
    private const string Instructions = "instructions";

    // The scores that are called the score are means of the scores over all prompts and over all instructions.
    private static readonly MetricPart PromptStrict = new("prompt_strict"), PromptLoose = new("prompt_loose"),
        InstructionStrict = new("instruction_strict", Instructions), InstructionLoose = new("instruction_loose", Instructions);

    internal static IEnumerable<EvaluationTask> All =>
    [
        new WrittenTask("orig/ifeval", "IFEval: share of prompts, and of instructions, that are followed; strict and loose", ModelVariant.Instruct, new DataLayout("ifeval", "google/IFEval (Apache-2.0), split train, or the authors' input_data.jsonl.", "train"),
            ["prompt_strict", "instruction_strict", "prompt_loose", "instruction_loose", "mean_strict", "mean_all"])
        {
            Reader = Read,
            Prompt = (item, _, _) => new ModelRequest { Turns = User(item.Text("prompt")), MaxTokens = 1280 },
            Mark = Mark,
            Right = (item, _) => item.Text("example"),
            Parts = new Dictionary<string, MetricPart[]>
            {
                ["instruction_strict"] = [InstructionStrict],
                ["instruction_loose"] = [InstructionLoose],
                ["mean_strict"] = [PromptStrict, InstructionStrict],
                ["mean_all"] = [PromptStrict, InstructionStrict, PromptLoose, InstructionLoose],
            },
            Missing = item => Marks(0, 0, 0, 0, item.Texts("instructions").Count),
        },
    ];

    private static ItemGrade Mark(EvaluationItem item, string text, int repeat)
    {
        FollowedInstructions followed = InstructionFollowing.Grade(text, InstructionsOf(item));
        return new ItemGrade(
            Marks(followed.AllStrict ? 1 : 0, Share(followed.Strict), followed.AllLoose ? 1 : 0, Share(followed.Loose), followed.Strict.Count),
            string.Concat(followed.Strict.Select(f => f ? '1' : '0')),
            "checkers");
    }

    private static double Share(IReadOnlyList<bool> followed) => followed.Average(f => f ? 1.0 : 0);

    private static Dictionary<string, double> Marks(double promptStrict, double strict, double promptLoose, double loose, int instructions) => new()
    {
        [PromptStrict.Mark] = promptStrict,
        [InstructionStrict.Mark] = strict,
        [PromptLoose.Mark] = promptLoose,
        [InstructionLoose.Mark] = loose,
        [Instructions] = instructions,
    };

    private static Instruction[] InstructionsOf(EvaluationItem item) => [.. item.Texts("instructions").Zip(item.Element("arguments").EnumerateArray(), Instruction.Of)];

    private static EvaluationItem Read(JsonObject row, RowPlace place)
    {
        if (row["instruction_id_list"] is not JsonArray ids || row["kwargs"] is not JsonArray arguments || ids.Count != arguments.Count || ids.Count == 0)
            throw new EvaluationException("There must be as many kwargs as there are ids in instruction_id_list, and at least one.");

        return new EvaluationItem(row["key"]?.ToString() ?? $"ifeval/{place.Index}", "", new JsonObject
        {
            ["prompt"] = Field(row, "prompt"),
            ["instructions"] = ids.DeepClone(),
            ["arguments"] = new JsonArray([.. arguments.Select(a => a?.DeepClone() ?? new JsonObject())]),
            ["example"] = row["example"]?.ToString() ?? "",
        });
    }
}
