using System.Text.Json.Nodes;
using Puna.Evaluation.Data;
using Puna.Evaluation.Models;
using Puna.Evaluation.Sandbox;
using static Puna.Evaluation.Tasks.Written.WrittenTask;

namespace Puna.Evaluation.Tasks.Written;

/// <summary>HumanEval in C# by MultiPL-E: methods that are compiled and held to tests in the sandbox. The score is pass@1 of the one program written.</summary>
/// <remarks>Source: nuprl/MultiPL-E; Meta's settings: 0 shots, 512 tokens.</remarks>
internal sealed class CSharpCodeTask : EvaluationTask
{
    private const string EndOfMethod = "\n    }\n";

    internal static IEnumerable<EvaluationTask> All => [new CSharpCodeTask()];

    public override string Name => "meta/humaneval-cs";

    public override string Summary => "HumanEval in C# (MultiPL-E): the model continues the method, 512 tokens; compiled and run in the sandbox; pass@1";

    public override DataLayout Data { get; } = new("humaneval-cs", "nuprl/MultiPL-E, config humaneval-cs (MIT).", "test") { Config = "humaneval-cs" };

    public override IReadOnlyList<string> Metrics => ["pass@1"];

    public override bool ScoresContinuations => false;

    public override bool RunsCode => true;

    public override EvaluationItem? Read(JsonObject row, RowPlace place)
    {
        if (row["language"] is { } language && language.ToString() != "cs") throw new EvaluationException($"The row is of the language '{language}', and this recipe compiles C# (cs).");
        JsonArray stops = row["stop_tokens"] switch
        {
            JsonArray list => (JsonArray)list.DeepClone(),
            null => [],
            JsonNode text => JsonNode.Parse(text.ToString().Replace('\'', '"')) as JsonArray ?? [], // some copies write the list as text
        };
        JsonObject fields = new() { ["prompt"] = Field(row, "prompt"), ["tests"] = Field(row, "tests"), ["stops"] = stops };
        if (row["solution"] is { } solution) fields["solution"] = solution.ToString();
        return new EvaluationItem(Field(row, "name"), "", fields);
    }

    public override ModelRequest Ask(EvaluationItem item, IReadOnlyList<EvaluationItem> shots, int repeat) => new()
    {
        Prompt = item.Text("prompt"),
        MaxTokens = 512,
        Stop = [.. item.Texts("stops").Append(EndOfMethod).Distinct()],
    };

    public override ItemGrade Grade(EvaluationItem item, ModelAnswer answer, int repeat) => throw new InvalidOperationException("Programs are marked by running them.");

    public override async Task<ItemGrade> GradeAsync(EvaluationItem item, ModelAnswer answer, int repeat, CodeRunner? code, CancellationToken cancellationToken)
    {
        if (code is null) throw new InvalidOperationException("Programs are marked by running them, and nothing is there to run them in.");

        // Generation stops before the brace that closes the method; upstream's tests begin with it.
        string tests = item.Text("tests"), close = tests.TrimStart().StartsWith('}') ? "\n" : EndOfMethod;
        CodeVerdict verdict = await code.CSharp.JudgeAsync(item.Text("prompt") + answer.Text + close, tests, cancel: cancellationToken).ConfigureAwait(false);
        return Of(new("method", $"continuation, {verdict.Outcome.ToString().ToLowerInvariant()}"), ("pass@1", verdict.Passed));
    }

    public override string RightAnswer(EvaluationItem item, int repeat) => item.Fields["solution"]?.ToString() ?? item.Text("tests"); // upstream has no solutions

    internal override void Require(CodeRunner code) => _ = code.CSharp;
}
