using System.Text.Json.Nodes;
using Puna.Demo;
using Puna.Evaluation;
using Puna.Evaluation.Data;
using Puna.Evaluation.Models;
using Puna.Evaluation.Runs;
using Puna.Evaluation.Tasks;
using Puna.Tests.Formats;

namespace Puna.Tests.Evaluation.Tasks;

/// <summary>Answers of a form: JSON by a schema, calls, and labels.</summary>
public sealed class FormTaskTests
{
    private const string Call = """{"id":"simple_python_3","question":[[{"role":"user","content":"Q"}]],"function":[{"name":"f.g","parameters":{"type":"dict","properties":{"n":{"type":"integer"},"s":{"type":"string"}},"required":["n"]}}],"ground_truth":[{"f.g":{"n":[5],"s":["","x y"]}}]}""";

    [Theory]
    [InlineData("""{"type":"integer","minimum":3}""", "```json\n4\n```", 1, 1, 1)]
    [InlineData("""{"type":"integer","minimum":3}""", "2", 0, 1, 1)]
    [InlineData("""{"type":"integer","minimum":3}""", "about 4", 0, 0, 1)]
    [InlineData("""{"type":"object","properties":{"a":{"format":"date"}}}""", """ { "b" : 1 , "a" : "2023-02-29" } """, 0, 1, 1)]
    [InlineData("""{"type":"string","format":"no-such-format"}""", "\"x\"", 0, 1, 0)]
    public void Compliance_is_decided_by_the_schema_and_what_is_not_covered_is_told(string schema, string answer, double complies, double valid, double covered)
    {
        EvaluationTask task = EvaluationTasks.Find("puna/jsonschema");
        EvaluationItem item = task.Read(new JsonObject { ["unique_id"] = "Github_easy---o1", ["json_schema"] = schema }, new RowPlace("test", 0, 0))!;

        ItemGrade grade = task.Grade(item, FakeModel.Text(answer), 0);

        Assert.Equal("Github_easy", item.Group);
        Assert.Equal((complies, valid, covered), (grade.Metrics["schema_compliance"], grade.Metrics["json_validity"], grade.Metrics["covered"]));
        Assert.Equal([new MetricPart("compliance_of_covered", "covered")], task.PartsOf("compliance_of_covered"));
    }

    [Fact]
    public async Task Held_answers_of_a_model_comply_and_a_schema_that_cannot_be_held_to_is_counted()
    {
        using TemporaryFolder folder = new();
        string data = folder.Write("test.jsonl", """
            {"unique_id":"a---1","json_schema":"{\"type\":\"object\",\"properties\":{\"a\":{\"enum\":[\"x\",\"y\"]},\"n\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":9}},\"required\":[\"a\",\"n\"],\"additionalProperties\":false}"}
            {"unique_id":"a---2","json_schema":"{\"type\":\"string\",\"format\":\"no-such-format\"}"}

            """u8.ToArray());
        using PunaModel model = PunaModel.Load(DemoModel.Path);

        RunOutcome outcome = await EvaluationRun.ExecuteAsync(PreparedRun.Of(EvaluationTasks.Find("puna/jsonschema-constrained"), new RunSettings { Data = data }), new PunaModelUnderTest(model), folder: null, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal((1.0, "stop"), (outcome.Results[0].Metrics["schema_compliance"], outcome.Results[0].FinishReason));
        Assert.Equal((0.0, 0.0, "refused"), (outcome.Results[1].Metrics["schema_compliance"], outcome.Results[1].Metrics["covered"], outcome.Results[1].FinishReason));
        Assert.Equal(0, outcome.Summary.Errors);
    }

    [Theory]
    [InlineData("[f.g(n=5)]", 1)]
    [InlineData("```python\n[f.g(s='XY', n=5)]\n```", 1)]
    [InlineData("[f.g(n=5.5)]", 0)]
    [InlineData("[f.g(n=5, t=1)]", 0)]
    [InlineData("[f.g(n=5), f.g(n=5)]", 0)]
    [InlineData("I would call f.g with 5.", 0)]
    public void Calls_are_marked_by_what_they_say(string answer, double right)
    {
        EvaluationTask task = EvaluationTasks.Find("puna/bfcl");
        EvaluationItem item = task.Read((JsonObject)JsonNode.Parse(Call)!, new RowPlace("BFCL_v4_simple_python", 0, 0))!;

        Assert.Equal("simple_python", item.Group);
        Assert.Equal(right, task.Grade(item, FakeModel.Text(answer), 0).Metrics["ast"]);
    }

    [Theory]
    [InlineData("live_irrelevance_7-0-0", "No.", 1)]
    [InlineData("live_irrelevance_7-0-0", "[f(a=1)]", 0)]
    [InlineData("live_relevance_7-0-0", "[f(a=1)]", 1)]
    [InlineData("live_relevance_7-0-0", "No.", 0)]
    public void Relevance_is_whether_anything_is_called(string id, string answer, double right)
    {
        EvaluationTask task = EvaluationTasks.Find("puna/bfcl");
        EvaluationItem item = task.Read(new JsonObject { ["id"] = id, ["question"] = JsonNode.Parse("""[[{"role":"user","content":"Q"}]]"""), ["function"] = JsonNode.Parse("""[{"name":"f","parameters":{}}]""") }, new RowPlace("b", 0, 0))!;

        Assert.Equal(right, task.Grade(item, FakeModel.Text(answer), 0).Metrics["ast"]);
    }

    [Fact]
    public void Answers_come_from_the_file_beside_and_other_categories_are_left_out()
    {
        using TemporaryFolder folder = new();
        JsonObject row = (JsonObject)JsonNode.Parse(Call)!;
        JsonNode truth = row["ground_truth"]!.DeepClone();
        row.Remove("ground_truth");
        folder.Write("BFCL_v4_simple_python.json", System.Text.Encoding.UTF8.GetBytes(row.ToJsonString() + "\n"));
        folder.Write("BFCL_v4_multi_turn_base.json", "{\"id\":\"multi_turn_base_0\"}\n"u8.ToArray());
        EvaluationTask task = EvaluationTasks.Find("puna/bfcl");
        Assert.Contains("possible_answer", Assert.Throws<EvaluationException>(() => TaskData.Load(task, folder.Root)).Message, StringComparison.Ordinal);

        Directory.CreateDirectory(folder["possible_answer"]);
        folder.Write("possible_answer/BFCL_v4_simple_python.json", System.Text.Encoding.UTF8.GetBytes(new JsonObject { ["id"] = "simple_python_3", ["ground_truth"] = truth }.ToJsonString() + "\n"));
        TaskData data = TaskData.Load(task, folder.Root);

        Assert.Equal("[f.g(n=5, s=\"x y\")]", task.RightAnswer(Assert.Single(data.Items), 0));
        Assert.Contains(data.Files, file => file.Path == "possible_answer/BFCL_v4_simple_python.json");
    }

    [Theory]
    [InlineData("unsafe\nS1", 1, 1, 0, 0)]
    [InlineData(" Safe", 0, 0, 1, 0)]
    [InlineData("unsafe", 0, 0, 0, 1)]
    public void Guards_are_marked_by_their_first_word(string answer, int label, double recall, double rightIfSafe, double falsePositive)
    {
        EvaluationTask task = EvaluationTasks.Find("puna/guard");
        EvaluationItem item = task.Read(new JsonObject { ["text"] = "T", ["label"] = label }, new RowPlace("test", 0, 0))!;

        ItemGrade grade = task.Grade(item, FakeModel.Text(answer), 0);

        Assert.Equal((recall, falsePositive), (grade.Metrics["recall"], grade.Metrics["false_positives"]));
        Assert.Equal(label == 1 ? recall : rightIfSafe, grade.Metrics["acc"]);
    }
}
