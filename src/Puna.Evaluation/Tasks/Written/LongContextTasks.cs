using System.Globalization;
using System.Text.Json.Nodes;
using Puna.Evaluation.Data;
using Puna.Evaluation.Grading;
using Puna.Evaluation.Grading.Choices;
using Puna.Evaluation.LongContext;
using Puna.Evaluation.Models;
using static Puna.Evaluation.Tasks.Written.WrittenTask;

namespace Puna.Evaluation.Tasks.Written;

/// <summary>Questions about long texts: generated ones, and LongBench v2.</summary>
/// <remarks>Sources: NVIDIA/RULER, scripts/eval; THUDM/LongBench, pred.py, result.py and prompts.</remarks>
internal static class LongContextTasks
{
    private const string Chat = "chat", References = "references";

    internal static IEnumerable<EvaluationTask> All =>
    [
        Generated("puna/ruler", "ruler", "RULER's 13 tasks over texts of Puna's own making, the answer begun: share of what was hidden that the answer names", ModelVariant.Instruct),
        Generated("puna/ruler-base", "ruler-base", "RULER's 13 tasks for models that continue text", ModelVariant.Base),
        Generated("puna/needle", "needle", "Needle in a haystack by length and depth: whether the answer names what was hidden", ModelVariant.Instruct),
        Generated("puna/needle-base", "needle-base", "Needle in a haystack for models that continue text", ModelVariant.Base),
        LongBench("orig/longbench-v2", "LongBench v2 without shots at temperature 0: \"The correct answer is (X)\"", withText: true),
        LongBench("orig/longbench-v2-no-context", "LongBench v2 without its texts: what a model knows or guesses, as a control", withText: false),
    ];

    private static WrittenTask Generated(string name, string layout, string summary, ModelVariant variant) => new(
        name, summary, variant, new DataLayout(layout, $"puna eval generate {layout.Split('-')[0]}, for the model's own tokenizer.", "test"), ["found"])
    {
        Reader = (row, place) => Read(row, variant == ModelVariant.Instruct),
        Prompt = (item, _, _) => LongContextData.Request(item.Text("prompt"), item.Text("prefix"), item.Number("max_tokens"), variant == ModelVariant.Instruct),
        Mark = (item, text, _) =>
        {
            IReadOnlyList<string> references = item.Texts(References);
            double found = (bool)item.Fields["any"]! ? SubstringMetrics.Any(text, references) : SubstringMetrics.All(text, references);
            return new ItemGrade(new Dictionary<string, double> { ["found"] = found }, text, "substring");
        },
        Right = (item, _) => string.Join(", ", item.Texts(References)),
    };

    private static EvaluationItem Read(JsonObject row, bool chat)
    {
        if (row[References] is not JsonArray { Count: > 0 } references || !references.All(reference => reference is JsonValue value && value.TryGetValue(out string? text) && text.Length > 0))
            throw new EvaluationException("'references' must be a list of at least one text.");
        if (row[Chat] is not JsonValue written || !written.TryGetValue(out bool wasChat) || wasChat != chat)
            throw new EvaluationException(chat ? "The row was made for models that continue text; take the recipe whose name ends in -base, or generate with --variant instruct." : "The row was made for conversations; take the recipe without -base, or generate with --variant base.");
        if (!int.TryParse(Field(row, "max_tokens"), CultureInfo.InvariantCulture, out int most) || most < 1) throw new EvaluationException("'max_tokens' must be a whole number above 0.");

        return new EvaluationItem(Field(row, "id"), row["group"]?.ToString() ?? "", new JsonObject
        {
            ["prompt"] = Field(row, "prompt"),
            ["prefix"] = Field(row, "prefix"),
            [References] = references.DeepClone(),
            ["any"] = row["any"] is JsonValue any && any.TryGetValue(out bool one) && one,
            ["max_tokens"] = most,
        });
    }

    private static WrittenTask LongBench(string name, string summary, bool withText) => new(
        name, summary, ModelVariant.Instruct, new DataLayout("longbench-v2", "THUDM/LongBench-v2 (Apache-2.0), split train.", "train"), ["acc"])
    {
        Reader = (row, place) => new EvaluationItem(Field(row, "_id"), $"{Field(row, "length")} | {Field(row, "difficulty")}", new JsonObject
        {
            ["question"] = Field(row, "question"),
            ["choices"] = new JsonArray([.. "ABCD".Select(letter => (JsonNode?)JsonValue.Create(Field(row, $"choice_{letter}")))]),
            ["answer"] = Field(row, "answer") is ['A' or 'B' or 'C' or 'D'] and var answer ? answer : throw new EvaluationException($"The answer '{Field(row, "answer")}' is none of A, B, C and D."),
            ["context"] = Field(row, "context"),
        }),
        Prompt = (item, _, _) => new ModelRequest { Turns = User(Question(item, withText)), MaxTokens = 128, CutsMiddle = true },
        Mark = (item, text, _) => LetterExtractors.LongBench(text) is var found ? Of(found, ("acc", found.Value == item.Text("answer"))) : default!,
        Right = (item, _) => $"The correct answer is ({item.Text("answer")})",
        Guess = _ => 0.25,
    };

    private static string Question(EvaluationItem item, bool withText)
    {
        string choices = string.Join('\n', item.Texts("choices").Select((choice, i) => $"({(char)('A' + i)}) {choice.Trim()}"));
        string text = withText ? $"Please read the following text and answer the question below.\n\n<text>\n{item.Text("context").Trim()}\n</text>\n\n" : "";
        return $"{text}What is the correct answer to this question: {item.Text("question").Trim()}\nChoices:\n{choices}\n\nFormat your response as follows: \"The correct answer is (insert answer here)\".";
    }
}
