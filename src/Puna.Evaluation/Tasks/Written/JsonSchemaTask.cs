using System.Text;
using System.Text.Json.Nodes;
using Puna.Engine.Constraints;
using Puna.Evaluation.Data;
using Puna.Evaluation.Grading;
using Puna.Evaluation.Models;
using static Puna.Evaluation.Tasks.Written.WrittenTask;

namespace Puna.Evaluation.Tasks.Written;

/// <summary>
/// JSONSchemaBench: objects by a schema, written freely or held to it. Validity is decided by the automaton of the schema, which is exact; a
/// schema that it cannot decide exactly is not covered, and counts as not complied with.
/// </summary>
/// <remarks>Source: guidance-ai/jsonschemabench, README.md.</remarks>
internal static class JsonSchemaTask
{
    private static readonly DataLayout Layout = new("jsonschemabench", "epfl-dlab/JSONSchemaBench (MIT): json_schema and unique_id.", "test");

    internal static IEnumerable<EvaluationTask> All =>
    [
        Task("puna/jsonschema", "JSONSchemaBench, written freely: valid under the schema (draft 2020-12), valid JSON, schemas that can be decided", held: false),
        Task("puna/jsonschema-constrained", "JSONSchemaBench, the answer held to the schema as it is written: what constraints cover, and comply with", held: true),
    ];

    private static WrittenTask Task(string name, string summary, bool held) =>
        new(name, summary, ModelVariant.Instruct, Layout, ["schema_compliance", "json_validity", "covered", "compliance_of_covered"])
        {
            Reader = Read,
            Prompt = (item, _, _) => new ModelRequest
            {
                Turns = User($"Generate a JSON object that matches the following JSON schema. Answer with the object and nothing else.\n\n{item.Text("schema")}"),
                JsonSchema = held ? item.Text("schema") : null,
                MaxTokens = 1024,
            },
            Mark = Mark,
            Right = (item, _) => item.Fields["instance"]?.ToJsonString() ?? item.Text("schema"), // upstream has no answers, only what they must fit
            Parts = new Dictionary<string, MetricPart[]> { ["compliance_of_covered"] = [new("compliance_of_covered", "covered")] },
        };

    private static EvaluationItem Read(JsonObject row, RowPlace place)
    {
        string id = row["unique_id"]?.ToString() ?? $"schema/{place.Index}";
        int mark = id.IndexOf("---", StringComparison.Ordinal); // Github_easy---o41122
        JsonNode schema = row["json_schema"] ?? throw new EvaluationException("There is no json_schema.");
        JsonObject fields = new() { ["schema"] = schema is JsonValue text && text.TryGetValue(out string? written) ? written : schema.ToJsonString() };
        if (row["instance"] is { } instance) fields["instance"] = instance.DeepClone();
        return new EvaluationItem(id, mark > 0 ? id[..mark] : "", fields);
    }

    private static ItemGrade Mark(EvaluationItem item, string text, int repeat)
    {
        string json = JsonAnswer.StripFence(text);
        bool valid;
        using (var document = JsonAnswer.TryParse(text)) valid = document is not null;
        bool covered = true, complies = false;
        try
        {
            complies = valid && Constraint.FromJsonSchema(item.Text("schema"), ConstraintOptions.AnySpelling).Matches(Encoding.UTF8.GetBytes(json));
            if (!valid) Constraint.FromJsonSchema(item.Text("schema"), ConstraintOptions.AnySpelling);
        }
        catch (ConstraintException)
        {
            covered = false;
        }

        return new ItemGrade(
            new Dictionary<string, double> { ["schema_compliance"] = complies ? 1 : 0, ["json_validity"] = valid ? 1 : 0, ["covered"] = covered ? 1 : 0, ["compliance_of_covered"] = complies ? 1 : 0 },
            valid ? json : null,
            valid ? covered ? "json" : "json, schema not covered" : ItemGrade.NoRule);
    }
}
