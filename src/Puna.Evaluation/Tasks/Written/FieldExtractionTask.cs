using System.Text.Json;
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
    /// <summary>A row's name for the property of the answer that quotes the document, and the mark of these quotes.</summary>
    private const string Evidence = "evidence";

    private static readonly string[] Shares = ["f1", "exact_f1", "document", "precision", "recall", "parsed"];

    internal static IEnumerable<EvaluationTask> All =>
    [
        new WrittenTask("puna/fields", "Fields of documents by a schema: F1 under the comparison of each field's kind, exact F1, whole documents, made-up fields, values proven by quotes", ModelVariant.Instruct,
            new DataLayout("fields", "files of your own: JSON lines of text, schema and expected, and evidence where the schema asks for quotes.", "test"), [.. Shares, "made_up", Evidence])
        {
            Revision = 3, // 2: asks with the words of puna extract; 3: marks quotes
            Reader = (row, place) => new EvaluationItem(row["id"]?.ToString() ?? $"document/{place.Index}", row["group"]?.ToString() ?? "", new JsonObject
            {
                ["text"] = Field(row, "text"),
                ["schema"] = row["schema"]?.DeepClone() as JsonObject ?? throw new EvaluationException("There is no schema, or it is no JSON object."),
                ["expected"] = row["expected"]?.DeepClone() as JsonObject ?? throw new EvaluationException("There is no expected object."),
                [Evidence] = row[Evidence]?.DeepClone(),
            }),
            Prompt = (item, _, _) => new ModelRequest
            {
                Turns = User(ExtractionPrompt.Write((JsonObject)item.Fields["schema"]!, item.Text("text"))),
                MaxTokens = 1024,
            },
            Mark = Mark,
            Missing = item => (item.Fields[Evidence] is null ? Shares : [.. Shares, Evidence]).ToDictionary(metric => metric, _ => 0.0), // nothing was made up, which is no merit
            Right = (item, _) => item.Fields["expected"]!.ToJsonString(),
        },
    ];

    private static ItemGrade Mark(EvaluationItem item, string text, int repeat)
    {
        string? quotes = item.Fields[Evidence] is null ? null : item.Text(Evidence);
        JsonElement expected = item.Element("expected");
        if (quotes is null) return Grade(FieldExtraction.Grade(text, expected, FieldSchema.Of(item.Element("schema"))), text, null);

        using JsonDocument? document = FieldExtraction.Read(text);
        JsonElement answer = document is { RootElement: { ValueKind: JsonValueKind.Object } root } ? root : default;
        bool isObject = answer.ValueKind == JsonValueKind.Object;
        string fields = isObject ? FieldQuotes.Without(answer, quotes).GetRawText() : text;
        return Grade(
            FieldExtraction.Grade(fields, FieldQuotes.Without(expected, quotes), FieldSchema.Of(item.Element("schema"))),
            text,
            isObject ? FieldQuotes.Proven(answer, quotes, item.Text("text")) : 0);
    }

    private static ItemGrade Grade(FieldScore score, string text, double? proven)
    {
        Dictionary<string, double> marks = new()
        {
            ["f1"] = score.Normalized.F1,
            ["exact_f1"] = score.Exact.F1,
            ["document"] = score.WholeDocument ? 1 : 0,
            ["precision"] = score.Normalized.Precision,
            ["recall"] = score.Normalized.Recall,
            ["parsed"] = score.Parsed ? 1 : 0,
            ["made_up"] = score.Hallucinated,
        };
        if (proven is { } share) marks[Evidence] = share;
        return new ItemGrade(marks, score.Parsed ? text : null, score.Parsed ? "json" : ItemGrade.NoRule);
    }
}
