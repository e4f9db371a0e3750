using System.Text.Json.Nodes;
using Puna.Evaluation.Data;

namespace Puna.Evaluation.Tasks.Choices;

/// <summary>MMLU's questions, from the authors' headerless CSV files or from rows of JSON with named columns.</summary>
internal static class MmluItems
{
    internal static readonly DataLayout Layout = new("mmlu", "cais/mmlu (MIT), or the authors' data.tar with dev/, val/ and test/ of CSV files.", "test", "dev")
    {
        Config = "all",
        Columns = ["question", "A", "B", "C", "D", "answer"],
    };

    /// <summary>An item of question, subject, choices and answer.</summary>
    internal static EvaluationItem Read(JsonObject row, RowPlace place)
    {
        string subject = row["subject"]?.GetValue<string>() ?? SubjectOf(place.File);
        string[] choices = row["choices"] is JsonArray array
            ? [.. array.Select(choice => choice?.GetValue<string>() ?? "")]
            : [.. ((string[])["A", "B", "C", "D"]).Select(letter => row[letter]?.GetValue<string>() ?? throw new EvaluationException($"There are neither choices nor a column '{letter}'."))];
        EvaluationItem item = new($"{subject}/{place.FileIndex}", subject, new JsonObject
        {
            ["question"] = row["question"]?.GetValue<string>() ?? throw new EvaluationException("There is no question."),
            ["subject"] = subject,
            ["choices"] = new JsonArray([.. choices.Select(choice => (JsonNode?)JsonValue.Create(choice))]),
            ["answer"] = AnswerOf(row, choices.Length),
        });
        return item;
    }

    /// <summary>Number of the right choice, from a number or a letter.</summary>
    internal static int AnswerOf(JsonObject row, int choices)
    {
        string text = row["answer"]?.ToString().Trim() ?? throw new EvaluationException("There is no answer.");
        int answer = text is [>= 'A' and <= 'Z'] ? text[0] - 'A' : int.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out int number) ? number : -1;
        return answer >= 0 && answer < choices ? answer : throw new EvaluationException($"The answer '{text}' names none of the {choices} choices.");
    }

    private static string SubjectOf(string file)
    {
        int cut = file.LastIndexOf('_');
        return cut > 0 && file[(cut + 1)..] is "test" or "dev" or "val" ? file[..cut] : file;
    }
}
