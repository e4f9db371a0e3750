using System.Text.RegularExpressions;

namespace Puna.Evaluation.Grading.Choices;

/// <summary>simple-evals' MMLU: the letter after the word for "answer" in about forty forms, tried in a fixed order.</summary>
internal static class MultilingualLetter
{
    // Deleted before matching, in this order.
    private static readonly string[] Decoration = ["**", "$\\boxed{", "}$", "\\$", "$\\text{", "$", "\\mathrm{", "\\{", "\\text", "\\(", "\\mathbf{", "{", "\\boxed"];

    private static readonly string[] Words =
    [
        @"Answer\s*:", "Answer\\s*:\u200b+", @"উত্তর\s*:", @"उत्तर\s*:", "উত্তরঃ", @"Antwort\s*:", @"답변\s*:", @"정답\s*:", @"답\s*:",
        @"答案\s*：", @"答案\s*:", @"答\s*：", @"答\s*:", @"答复\s*：", @"答曰\s*：",
        "الإجابة:", "الجواب:", "إجابة:", "الإجابة النهائية:", "الإجابة الصحيحة:", "الإجابة الصحيحة هي:", "الإجابة هي:", "الجواب النهائي:",
        @"Respuesta\s*:", @"Risposta\s*:", @"答え\s*:", @"答え\s*：", @"回答\s*:", @"回答\s*：", @"解答\s*:", @"Jawaban\s*:", @"Réponse\s*:", @"Resposta\s*:",
        @"Jibu\s*:", @"Idahun\s*:", @"Ìdáhùn\s*:", @"Idáhùn\s*:", @"Àmọ̀nà\s*:", @"Àdáhùn\s*:", @"Ànúgọ\s*:", @"Àṣàyàn\s*:",
    ];

    private static readonly Regex[] Patterns = [.. Words.Select(word => LinearPattern.Of(word + @"[ \t]*([A-D]|[أ-د]|[অবডঢ]|[Ａ-Ｄ])", RegexOptions.IgnoreCase))];

    private static readonly Dictionary<string, string> Letters = new(StringComparer.Ordinal)
    {
        ["أ"] = "A",
        ["ب"] = "B",
        ["ج"] = "C",
        ["د"] = "D",
        ["অ"] = "A",
        ["ব"] = "B",
        ["ড"] = "C",
        ["ঢ"] = "D",
        ["Ａ"] = "A",
        ["Ｂ"] = "B",
        ["Ｃ"] = "C",
        ["Ｄ"] = "D",
    };

    public static Extraction Extract(string answer)
    {
        foreach (string literal in Decoration) answer = answer.Replace(literal, "", StringComparison.Ordinal);
        for (int i = 0; i < Patterns.Length; i++)
        {
            if (Patterns[i].First(answer) is { } letter) return new Extraction(Letters.GetValueOrDefault(letter, letter), $"answer_word_{i}");
        }

        return Extraction.None;
    }
}
