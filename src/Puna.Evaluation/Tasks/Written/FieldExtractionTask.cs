using System.Text.Json.Nodes;
using Puna.Evaluation.Data;
using Puna.Evaluation.Grading.Fields;
using Puna.Evaluation.Models;
using Puna.Prompting;
using static Puna.Evaluation.Tasks.Written.WrittenTask;

namespace Puna.Evaluation.Tasks.Written;

/// <summary>Fields from documents: rows of a text, a JSON schema and the expected object.</summary>
internal static class FieldExtractionTask
{
    private static readonly string[] Shares = ["f1", "exact_f1", "document", "precision", "recall", "parsed"];

    internal static IEnumerable<EvaluationTask> All =>
    [
        new WrittenTask("puna/fields", "Fields of documents by a schema: F1 under the comparison of each field's kind, exact F1, whole documents, made-up fields", ModelVariant.Instruct,
            new DataLayout("fields", "files of your own: JSON lines of text, schema and expected.", "test"), [.. Shares, "made_up"])
        {
            Revision = 2, // 2: asks with the words of puna extract
            Reader = (row, place) => new EvaluationItem(row["id"]?.ToString() ?? $"document/{place.Index}", row["group"]?.ToString() ?? "", new JsonObject
            {
                ["text"] = Field(row, "text"),
                ["schema"] = row["schema"]?.DeepClone() as JsonObject ?? throw new EvaluationException("There is no schema, or it is no JSON object."),
                ["expected"] = row["expected"]?.DeepClone() as JsonObject ?? throw new EvaluationException("There is no expected object."),
            }),
            Prompt = (item, _, _) => new ModelRequest
            {
                Turns = User(ExtractionPrompt.Write((JsonObject)item.Fields["schema"]!, item.Text("text"))),
                MaxTokens = 1024,
            },
            Mark = Mark,
            Missing = _ => Shares.ToDictionary(metric => metric, _ => 0.0), // nothing was made up, which is no merit
            Right = (item, _) => item.Fields["expected"]!.ToJsonString(),
        },
    ];

    private static ItemGrade Mark(EvaluationItem item, string text, int repeat)
    {
        FieldScore score = FieldExtraction.Grade(text, item.Element("expected"), FieldSchema.Of(item.Element("schema")));
        return new ItemGrade(
            new Dictionary<string, double>
            {
                ["f1"] = score.Normalized.F1,
                ["exact_f1"] = score.Exact.F1,
                ["document"] = score.WholeDocument ? 1 : 0,
                ["precision"] = score.Normalized.Precision,
                ["recall"] = score.Normalized.Recall,
                ["parsed"] = score.Parsed ? 1 : 0,
                ["made_up"] = score.Hallucinated,
            },
            score.Parsed ? text : null,
            score.Parsed ? "json" : ItemGrade.NoRule);
    }
}
