using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Puna.Evaluation.Data;
using Puna.Evaluation.Grading.Choices;
using Puna.Evaluation.Models;
using Puna.Evaluation.Tasks.Written;

namespace Puna.Evaluation.Tasks.Choices;

/// <summary>
/// GPQA. The order of the choices is drawn from the item's name and the repeat alone (Fisher–Yates over SHA-256), so that it
/// is the same in every run; it stands in the stored prompt.
/// </summary>
/// <remarks>Sources: EleutherAI lm-evaluation-harness, lm_eval/tasks/gpqa; openai/simple-evals, gpqa_eval.py.</remarks>
internal sealed class GpqaScored : ScoredChoiceTask
{
    private readonly string _set;

    private GpqaScored(string set) => _set = set;

    internal static IEnumerable<EvaluationTask> All => [new GpqaScored("main"), new GpqaScored("diamond"), new GpqaScored("extended"), Simple];

    public override string Name => $"lmeval/gpqa_{_set}_zeroshot";

    public override string Summary => $"GPQA {_set}, log-likelihood of (A) to (D)";

    public override DataLayout Data => Layout(_set);

    private static EvaluationTask Simple => new WrittenTask("simple/gpqa", "GPQA Diamond as simple-evals asks it, at temperature 0, in four orders of the choices; first \"Answer: X\"", ModelVariant.Instruct, Layout("diamond"), ["acc"])
    {
        Times = 4,
        Reader = ReadPlain,
        Prompt = (item, _, repeat) => new ModelRequest { Turns = WrittenTask.User(MmluWritten.Simple(item.Text("question"), Ordered(item, repeat))), MaxTokens = 2048 },
        Mark = (item, text, repeat) => LetterExtractors.Simple(text) is var found ? WrittenTask.Of(found, ("acc", found.Value == ChoiceLetters.Letter(RightPlace(item, repeat)))) : default!,
        Right = (item, repeat) => $"Answer: {ChoiceLetters.Letter(RightPlace(item, repeat))}",
        Guess = _ => 0.25,
    };

    public override EvaluationItem? Read(JsonObject row, RowPlace place)
    {
        EvaluationItem item = Read(row, place, Clean);
        IReadOnlyList<string> ordered = Ordered(item, 0);
        return item with { Fields = new JsonObject { ["question"] = item.Text("question"), [Choices] = new JsonArray([.. ordered.Select(text => (JsonNode?)JsonValue.Create(text))]), [Answer] = RightPlace(item, 0) } };
    }

    private protected override string Question(EvaluationItem item) =>
        $"What is the correct answer to this question:{item.Text("question")}\nChoices:{ChoiceLetters.Lines(item.Texts(Choices), "\n({0}) {1}")}\nAnswer:";

    private protected override IReadOnlyList<string> Scored(EvaluationItem item) => [.. item.Texts(Choices).Select((_, i) => $"({ChoiceLetters.Letter(i)})")];

    private static DataLayout Layout(string set) => new("gpqa", "Idavidrein/gpqa (CC BY 4.0; gated: do not show its items in public).", $"gpqa_{set}");

    private static EvaluationItem ReadPlain(JsonObject row, RowPlace place) => Read(row, place, text => text);

    private static EvaluationItem Read(JsonObject row, RowPlace place, Func<string, string> clean) => new(row["Record ID"]?.ToString() is { Length: > 0 } id ? id : $"gpqa/{place.Index}", row["High-level domain"]?.ToString() ?? "", new JsonObject
    {
        ["question"] = clean(WrittenTask.Field(row, "Question")),
        [Choices] = new JsonArray([.. ((string[])["Correct Answer", "Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3"]).Select(column => (JsonNode?)JsonValue.Create(clean(WrittenTask.Field(row, column))))]),
    });

    /// <summary>As lm-evaluation-harness prepares texts.</summary>
    private static string Clean(string text) => text.Trim().Replace(" [title]", ". ", StringComparison.Ordinal).Replace("  ", " ", StringComparison.Ordinal);

    private static string[] Ordered(EvaluationItem item, int repeat) => [.. Order(item, repeat).Select(i => item.Texts(Choices)[i])];

    /// <summary>Where the right answer stands; it is the first of an item's own.</summary>
    private static int RightPlace(EvaluationItem item, int repeat) => Array.IndexOf(Order(item, repeat), 0);

    private static int[] Order(EvaluationItem item, int repeat)
    {
        byte[] draws = SHA256.HashData(Encoding.UTF8.GetBytes($"0\n{item.Id}\n{repeat}"));
        int[] order = [0, 1, 2, 3];
        for (int i = order.Length - 1, at = 0; i > 0; i--, at += 4)
        {
            int j = (int)(BitConverter.ToUInt32(draws, at) % (uint)(i + 1));
            (order[i], order[j]) = (order[j], order[i]);
        }

        return order;
    }
}
