using System.Globalization;
using System.Text;

namespace Puna.Evaluation.Grading.Mathematics;

/// <summary>Numbers of MGSM answers, GSM8K in eleven languages: the last number behind the language's word for "answer".</summary>
internal static class MgsmAnswer
{
    /// <summary>The word that closes an answer, by language code.</summary>
    public static IReadOnlyDictionary<string, string> Words { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["bn"] = "উত্তর",
        ["de"] = "Antwort",
        ["en"] = "Answer",
        ["es"] = "Respuesta",
        ["fr"] = "Réponse",
        ["ja"] = "答え",
        ["ru"] = "Ответ",
        ["sw"] = "Jibu",
        ["te"] = "సమాధానం",
        ["th"] = "คำตอบ",
        ["zh"] = "答案",
    };

    /// <summary>Reads the answer as simple-evals does: no minus sign, digits as they are written.</summary>
    /// <param name="output">The model's text.</param>
    /// <param name="language">One of the keys of <see cref="Words"/>.</param>
    /// <param name="anyDigits">Whether digits of other scripts count as what they mean: a variant of its own.</param>
    public static Extraction Extract(string output, string language, bool anyDigits = false)
    {
        if (!Words.TryGetValue(language, out string? word))
            throw new EvaluationException($"MGSM has no language '{language}'. It has {string.Join(", ", Words.Keys)}.");

        int at = output.LastIndexOf(word, StringComparison.Ordinal);
        if (at < 0) return Extraction.None;

        string tail = output[(at + word.Length)..].Replace(",", "", StringComparison.Ordinal);
        if (anyDigits) tail = AsciiDigits(tail);
        return LastNumber(tail) is { } number ? new Extraction(number.TrimEnd('.'), anyDigits ? "answer_word_any_digits" : "answer_word") : Extraction.None;
    }

    /// <summary>Whether the numbers are written alike, zeros behind a decimal point aside.</summary>
    public static bool Equal(string? answer, string gold)
    {
        if (answer is null) return false;
        if (answer.Contains('.', StringComparison.Ordinal)) answer = answer.TrimEnd('0').TrimEnd('.');
        return answer == gold.Replace(",", "", StringComparison.Ordinal);
    }

    // The last run of digits, with at most one point and the digits behind it.
    private static string? LastNumber(string text)
    {
        string? last = null;
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsDigit(text[i])) continue;
            int start = i;
            while (i < text.Length && char.IsDigit(text[i])) i++;
            if (i < text.Length && text[i] == '.')
            {
                i++;
                while (i < text.Length && char.IsDigit(text[i])) i++;
            }

            last = text[start..i];
            i--;
        }

        return last;
    }

    private static string AsciiDigits(string text)
    {
        StringBuilder result = new(text.Length);
        foreach (char c in text)
        {
            int digit = CharUnicodeInfo.GetDecimalDigitValue(c);
            result.Append(digit < 0 ? c : (char)('0' + digit));
        }

        return result.ToString();
    }
}
