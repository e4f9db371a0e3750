using System.Text.Json;
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
    internal static IEnumerable<EvaluationTask> All =>
    [
        new WrittenTask("orig/ifeval", "IFEval: share of prompts, and of instructions, that are followed; strict and loose", ModelVariant.Instruct, new DataLayout("ifeval", "google/IFEval (Apache-2.0), split train, or the authors' input_data.jsonl.", "train"),
            ["prompt_strict", "instruction_strict", "prompt_loose", "instruction_loose", "mean_strict", "mean_all"])
        {
            Reader = Read,
            Prompt = (item, _, _) => new ModelRequest { Turns = User(item.Text("prompt")), MaxTokens = 1280 },
            Mark = Mark,
            Right = (item, _) => item.Text("example"),
            Weights = new Dictionary<string, string> { ["instruction_strict"] = "instructions", ["instruction_loose"] = "instructions" },
        },
    ];

    private static ItemGrade Mark(EvaluationItem item, string text, int repeat)
    {
        FollowedInstructions followed = InstructionFollowing.Grade(text, Instructions(item));
        double strict = followed.Strict.Average(f => f ? 1.0 : 0), loose = followed.Loose.Average(f => f ? 1.0 : 0);
        double promptStrict = followed.AllStrict ? 1 : 0, promptLoose = followed.AllLoose ? 1 : 0;
        return new ItemGrade(
            new Dictionary<string, double>
            {
                ["prompt_strict"] = promptStrict,
                ["instruction_strict"] = strict,
                ["prompt_loose"] = promptLoose,
                ["instruction_loose"] = loose,
                ["mean_strict"] = (promptStrict + strict) / 2,
                ["mean_all"] = (promptStrict + strict + promptLoose + loose) / 4,
                ["instructions"] = followed.Strict.Count,
            },
            string.Concat(followed.Strict.Select(f => f ? '1' : '0')),
            "checkers");
    }

    private static Instruction[] Instructions(EvaluationItem item)
    {
        IReadOnlyList<string> ids = item.Texts("instructions");
        JsonArray arguments = (JsonArray)item.Fields["arguments"]!;
        return [.. ids.Select((id, i) => Instruction.Of(id, JsonSerializer.Deserialize(arguments[i]!.ToJsonString(), Runs.EvaluationJson.Default.JsonElement)))];
    }

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
