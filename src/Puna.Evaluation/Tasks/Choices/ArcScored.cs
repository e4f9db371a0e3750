using System.Text.Json.Nodes;
using Puna.Evaluation.Data;
using Puna.Evaluation.Models;

namespace Puna.Evaluation.Tasks.Choices;

/// <summary>
/// ARC by log-likelihood: of the choices' texts behind the bare question (lm-evaluation-harness), or of letters behind a
/// question that shows them (Meta). These are different tests.
/// </summary>
/// <remarks>Source: EleutherAI lm-evaluation-harness, lm_eval/tasks/arc.</remarks>
internal sealed class ArcScored : ScoredChoiceTask
{
    private readonly bool _letters;

    private ArcScored(string name, string summary, string config, int shots, ModelVariant? variant, bool letters)
    {
        (Name, Summary, DefaultShots, Variant, _letters) = (name, summary, shots, variant, letters);
        Data = new DataLayout("arc", "allenai/ai2_arc (CC BY-SA 4.0).", "test", "train") { Config = config };
    }

    internal static IEnumerable<EvaluationTask> All =>
    [
        new ArcScored("lmeval/arc_challenge", "ARC-Challenge, log-likelihood of the choices' texts; score per character (acc_norm)", "ARC-Challenge", 0, null, letters: false),
        new ArcScored("lmeval/arc_easy", "ARC-Easy, log-likelihood of the choices' texts; score per character (acc_norm)", "ARC-Easy", 0, null, letters: false),
        new ArcScored("meta/arc-25shot", "ARC-Challenge as Meta scores base models: 25 shots, letters shown and scored; items of fewer than 4 choices left out", "ARC-Challenge", 25, ModelVariant.Base, letters: true),
    ];

    public override string Name { get; }

    public override string Summary { get; }

    public override ModelVariant? Variant { get; }

    public override int DefaultShots { get; }

    public override int MaxShots => 50;

    public override DataLayout Data { get; }

    public override IReadOnlyList<string> Metrics => _letters ? ChoiceGrade.Metrics : ["acc_norm", .. ChoiceGrade.Metrics.Where(name => name != "acc_norm")];

    public override EvaluationItem? Read(JsonObject row, RowPlace place)
    {
        JsonNode? choices = row["choices"] ?? row["question"]?["choices"]; // Hub rows, or the authors' own files
        (string[] texts, string[] labels) = choices switch
        {
            JsonObject columns when columns["text"] is JsonArray text && columns["label"] is JsonArray label => (Strings(text), Strings(label)),
            JsonArray rows => ([.. rows.Select(c => c?["text"]?.GetValue<string>() ?? "")], [.. rows.Select(c => c?["label"]?.GetValue<string>() ?? "")]),
            _ => throw new EvaluationException("There are no choices with text and label."),
        };
        if (texts.Length != labels.Length) throw new EvaluationException($"There are {texts.Length} texts and {labels.Length} labels of choices.");
        if (_letters && texts.Length < 4) return null;

        string question = row["question"] switch
        {
            JsonValue text => text.GetValue<string>(),
            JsonObject nested => nested["stem"]?.GetValue<string>() ?? throw new EvaluationException("The question has no stem."),
            _ => throw new EvaluationException("There is no question."),
        };
        string key = row["answerKey"]?.GetValue<string>() ?? throw new EvaluationException("There is no answerKey.");
        int answer = Array.IndexOf(labels, key);
        if (answer < 0) throw new EvaluationException($"The answerKey '{key}' is none of the labels {string.Join(", ", labels)}.");

        return new EvaluationItem(row["id"]?.GetValue<string>() ?? $"arc/{place.Index}", "", new JsonObject
        {
            ["question"] = question,
            [Choices] = new JsonArray([.. texts.Select(text => (JsonNode?)JsonValue.Create(text))]),
            [Answer] = answer,
        });

        static string[] Strings(JsonArray array) => [.. array.Select(x => x?.GetValue<string>() ?? "")];
    }

    private protected override string Question(EvaluationItem item) => _letters
        ? $"Question: {item.Text("question")}{ChoiceLetters.Lines(item.Texts(Choices))}\nAnswer:"
        : $"Question: {item.Text("question")}\nAnswer:";

    private protected override IReadOnlyList<string> Scored(EvaluationItem item) => _letters ? [.. item.Texts(Choices).Select((_, i) => ChoiceLetters.Letter(i))] : item.Texts(Choices);
}
