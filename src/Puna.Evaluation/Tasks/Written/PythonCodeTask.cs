using System.Text.Json.Nodes;
using Puna.Evaluation.Data;
using Puna.Evaluation.Grading;
using Puna.Evaluation.Grading.Code;
using Puna.Evaluation.Models;
using Puna.Evaluation.Sandbox;
using static Puna.Evaluation.Tasks.Written.WrittenTask;

namespace Puna.Evaluation.Tasks.Written;

/// <summary>HumanEval and MBPP: programs that are held to tests. The score is pass@1 of the one program written.</summary>
/// <remarks>Sources: openai/human-eval; google-research/google-research, mbpp; EleutherAI lm-evaluation-harness, lm_eval/tasks/humaneval and mbpp.</remarks>
internal sealed class PythonCodeTask(string name, string summary, ModelVariant? variant, DataLayout data) : EvaluationTask
{
    private static readonly DataLayout HumanEval = new("humaneval", "openai/openai_humaneval, or HumanEval.jsonl.gz (MIT).", "test");
    private static readonly DataLayout Mbpp = new("mbpp", "google-research-datasets/mbpp, config full (CC BY 4.0).", "test", "prompt") { Config = "full" };

    internal int Worked { get; init; }
    internal required Func<EvaluationItem, IReadOnlyList<EvaluationItem>, ModelRequest> Prompt { get; init; }

    internal required Func<EvaluationItem, string, Extraction> Extract { get; init; }

    internal required Func<EvaluationItem, string> Right { get; init; }

    internal static IEnumerable<EvaluationTask> All =>
    [
        new PythonCodeTask("lmeval/humaneval", "HumanEval: the model continues the function; pass@1", null, HumanEval)
        {
            Prompt = (item, _) => new ModelRequest { Prompt = item.Text("prompt"), MaxTokens = 1024, Stop = ["\nclass", "\ndef", "\n#", "\nif", "\nprint"] },
            Extract = (item, text) => new(item.Text("prompt") + text, "continuation"),
            Right = item => item.Text("solution"),
        },
        new PythonCodeTask("lmeval/humaneval_instruct", "HumanEval for instruct models: the answer is begun with the function; pass@1", ModelVariant.Instruct, HumanEval)
        {
            Prompt = (item, _) => new ModelRequest
            {
                Turns = User($"Write a solution to the following problem and make sure that it passes the tests:\n```python\n{item.Text("prompt")}\n```\n"),
                Prefill = $"Here is the completed function:\n```python\n{item.Text("prompt")}\n",
                MaxTokens = 1024,
            },
            Extract = (item, text) => CodeExtractor.BeforeFence(text) is { Value: { } body } found ? found with { Value = item.Text("prompt") + "\n" + body } : Extraction.None,
            Right = item => item.Text("solution") + "\n```",
        },
        new PythonCodeTask("meta/mbpp-3shot", "MBPP, 3 shots; pass@1", ModelVariant.Base, Mbpp)
        {
            Worked = 3,
            Prompt = (item, shots) => new ModelRequest { Prompt = string.Concat(shots.Select(shot => $"{MbppProblem(shot)}{shot.Text("solution")}\n[DONE]\n\n")) + MbppProblem(item), MaxTokens = 256, Stop = ["[DONE]"] },
            Extract = (_, text) => CodeExtractor.BetweenMarks(text),
            Right = item => item.Text("solution"),
        },
    ];

    public override string Name => name;

    public override string Summary => summary;

    public override ModelVariant? Variant => variant;

    public override int DefaultShots => Worked;

    public override int MaxShots => Worked;

    public override DataLayout Data => data;

    public override IReadOnlyList<string> Metrics => ["pass@1"];

    public override bool ScoresContinuations => false;

    public override bool RunsCode => true;

    public override EvaluationItem? Read(JsonObject row, RowPlace place)
    {
        if (data == HumanEval)
        {
            return new EvaluationItem(Field(row, "task_id"), "", new JsonObject
            {
                ["prompt"] = Field(row, "prompt"),
                ["solution"] = Field(row, "canonical_solution"),
                ["tests"] = Field(row, "test"),
                ["entry_point"] = Field(row, "entry_point"),
                ["prelude"] = Field(row, "prompt"),
            });
        }

        if (row["test_list"] is not JsonArray tests) throw new EvaluationException("There is no test_list.");
        return new EvaluationItem($"mbpp/{Field(row, "task_id")}", "", new JsonObject
        {
            ["prompt"] = Field(row, "text", "prompt"),
            ["solution"] = Field(row, "code"),
            ["tests"] = string.Join('\n', tests.Select(test => test?.ToString())),
            ["prelude"] = row["test_setup_code"]?.ToString() ?? "",
        });
    }

    /// <summary>The customary three of the prompt split are its second to fourth.</summary>
    public override IReadOnlyList<EvaluationItem> Shots(EvaluationItem item, IReadOnlyList<EvaluationItem> pool, int count) => [.. pool.Skip(1).Take(count)];

    public override ModelRequest Ask(EvaluationItem item, IReadOnlyList<EvaluationItem> shots, int repeat) => Prompt(item, shots);

    public override ItemGrade Grade(EvaluationItem item, ModelAnswer answer, int repeat) => throw new InvalidOperationException("Programs are marked by running them.");

    public override async Task<ItemGrade> GradeAsync(EvaluationItem item, ModelAnswer answer, int repeat, CodeRunner? code, CancellationToken cancellationToken)
    {
        if (code is null) throw new InvalidOperationException("Programs are marked by running them, and nothing is there to run them in.");

        Extraction found = Extract(item, answer.Text);
        if (found.Value is not { } program) return Of(Extraction.None, ("pass@1", false));

        CodeVerdict verdict = await code.Python.JudgeAsync(new PythonTask(program, item.Text("tests"), item.Fields["entry_point"]?.ToString(), item.Text("prelude")), cancellationToken).ConfigureAwait(false);
        return Of(found with { Rule = $"{found.Rule}, {verdict.Outcome.ToString().ToLowerInvariant()}" }, ("pass@1", verdict.Passed));
    }

    public override string RightAnswer(EvaluationItem item, int repeat) => Right(item);

    private static string MbppProblem(EvaluationItem item) =>
        $"You are an expert Python programmer, and here is your task: {item.Text("prompt")} Your code should pass these tests:\n\n{item.Text("tests")}\n[BEGIN]\n";
}
