using System.Buffers;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Puna.Evaluation.Grading.Instructions;

/// <summary>
/// The 25 checkers of IFEval, each the authors' rule. Three lean on tools that have no equal here and may differ in single
/// cases: sentences, words in capitals and languages (<see cref="EnglishText"/>, <see cref="LanguageGuess"/>).
/// </summary>
internal static class InstructionCheckers
{
    private static readonly Regex StarBullet = LinearPattern.Of(@"^\s*\*[^\*].*$", RegexOptions.Multiline);
    private static readonly Regex DashBullet = LinearPattern.Of(@"^\s*-.*$", RegexOptions.Multiline);
    private static readonly Regex Highlight = LinearPattern.Of(@"\*[^\n\*]*\*");
    private static readonly Regex DoubleHighlight = LinearPattern.Of(@"\*\*[^\n\*]*\*\*");
    private static readonly Regex Placeholder = LinearPattern.Of(@"\[.*?\]");
    private static readonly Regex Title = LinearPattern.Of(@"<<[^\n]+>>");
    private static readonly Regex Divider = LinearPattern.Of(@"\s?\*\*\*\s?");
    private static readonly Regex DoublePostscript = LinearPattern.Of(@"\s*p\.\s?p\.\s?s.*$", RegexOptions.Multiline);
    private static readonly Regex Postscript = LinearPattern.Of(@"\s*p\.\s?s\..*$", RegexOptions.Multiline);

    private static readonly SearchValues<char> WordEnds = SearchValues.Create(".,?!'\"");
    private static readonly string[] ConstrainedAnswers = ["My answer is yes.", "My answer is no.", "My answer is maybe."];

    private static readonly Dictionary<string, Func<Instruction, string, bool>> Checkers = new(StringComparer.Ordinal)
    {
        ["keywords:existence"] = (i, text) => i.Texts("keywords").All(keyword => Keyword(i, keyword).IsMatch(text)),
        ["keywords:frequency"] = (i, text) => i.Relation("relation", Keyword(i, i.Text("keyword").Trim()).Count(text), i.Count("frequency")),
        ["keywords:forbidden_words"] = (i, text) => i.Texts("forbidden_words").All(word => !Keyword(i, $@"\b{word}\b").IsMatch(text)),
        ["keywords:letter_frequency"] = (i, text) => i.Relation("let_relation", LetterCount(text, i.Text("letter")), i.Count("let_frequency")),
        ["language:response_language"] = (i, text) => LanguageGuess.Of(text) is not { } guess || guess == i.Text("language"),
        ["length_constraints:number_sentences"] = (i, text) => i.Relation("relation", EnglishText.CountSentences(text), i.Count("num_sentences")),
        ["length_constraints:number_words"] = (i, text) => i.Relation("relation", PythonText.CountWords(text), i.Count("num_words")),
        ["length_constraints:number_paragraphs"] = (i, text) => Paragraphs(text) == i.Count("num_paragraphs"),
        ["length_constraints:nth_paragraph_first_word"] = FirstWord,
        ["detectable_content:number_placeholders"] = (i, text) => Placeholder.Count(text) >= i.Count("num_placeholders"),
        ["detectable_content:postscript"] = HasPostscript,
        ["detectable_format:number_bullet_lists"] = (i, text) => StarBullet.Count(text) + DashBullet.Count(text) == i.Count("num_bullets"),
        ["detectable_format:constrained_response"] = (_, text) => ConstrainedAnswers.Any(text.Trim().Contains),
        ["detectable_format:number_highlighted_sections"] = (i, text) => Highlights(text) >= i.Count("num_highlights"),
        ["detectable_format:multiple_sections"] = (i, text) => Keyword(i, $@"\s?{i.Text("section_spliter").Trim()}\s?\d+\s?", RegexOptions.None).Count(text) >= i.Count("num_sections"),
        ["detectable_format:json_format"] = (_, text) => IsJson(text),
        ["detectable_format:title"] = (_, text) => Title.Matches(text).Any(title => title.Value.TrimStart('<').TrimEnd('>').Trim().Length > 0),
        ["combination:two_responses"] = (_, text) => HasTwoResponses(text),
        ["combination:repeat_prompt"] = (i, text) => Lower(text).StartsWith(Lower(i.Text("prompt_to_repeat")), StringComparison.Ordinal),
        ["startend:end_checker"] = (i, text) => text.Trim().Trim('"').ToLowerInvariant().EndsWith(Lower(i.Text("end_phrase")), StringComparison.Ordinal),
        ["startend:quotation"] = (_, text) => text.Trim() is { Length: > 1 } quoted && quoted[0] == '"' && quoted[^1] == '"',
        ["change_case:english_capital"] = (_, text) => PythonText.IsUpper(text) && LanguageGuess.Of(text) is null or "en",
        ["change_case:english_lowercase"] = (_, text) => PythonText.IsLower(text) && LanguageGuess.Of(text) is null or "en",
        ["change_case:capital_word_frequency"] = (i, text) => i.Relation("capital_relation", EnglishText.Words(text).Count(PythonText.IsUpper), i.Count("capital_frequency")),
        ["punctuation:no_comma"] = (_, text) => !text.Contains(',', StringComparison.Ordinal),
    };

    /// <summary>Names of all checkers.</summary>
    public static IReadOnlyCollection<string> Ids => Checkers.Keys;

    /// <summary>Whether an answer follows an instruction.</summary>
    /// <exception cref="EvaluationException">The instruction is unknown, or lacks an argument.</exception>
    public static bool Check(Instruction instruction, string answer) => Checkers.TryGetValue(instruction.Id, out Func<Instruction, string, bool>? checker)
        ? checker(instruction, answer)
        : throw new EvaluationException($"IFEval: there is no checker '{instruction.Id}'. There are {string.Join(", ", Checkers.Keys)}.");

    // Keywords are patterns in the data; one that is none is an error of the item, as upstream.
    private static Regex Keyword(Instruction instruction, string pattern, RegexOptions options = RegexOptions.IgnoreCase)
    {
        try
        {
            return LinearPattern.Of(pattern, options);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw new EvaluationException($"{instruction.Id}: the keyword '{pattern}' is no pattern that can be matched in linear time: {error.Message} Leave the item out, or correct it.", error);
        }
    }

    private static int LetterCount(string text, string letter)
    {
        string wanted = letter.ToLowerInvariant();
        return text.ToLowerInvariant().EnumerateRunes().Count(rune => rune.ToString() == wanted);
    }

    // Empty parts count at neither end and may not stand between; -1 where one does.
    private static int Paragraphs(string text)
    {
        string[] parts = Divider.Split(text);
        int count = parts.Length;
        for (int i = 0; i < parts.Length; i++)
        {
            if (parts[i].Trim().Length > 0) continue;
            if (i > 0 && i < parts.Length - 1) return -1;
            count--;
        }

        return count;
    }

    private static bool FirstWord(Instruction instruction, string text)
    {
        string[] parts = text.Split("\n\n");
        int filled = parts.Count(part => part.Trim().Length > 0), nth = instruction.Count("nth_paragraph");
        if (nth < 1 || nth > filled || parts[nth - 1].Trim() is not { Length: > 0 } paragraph) return false;

        string word = paragraph.Split((char[]?)null, 2, StringSplitOptions.None)[0].TrimStart('\'').TrimStart('"');
        int end = word.AsSpan().IndexOfAny(WordEnds);
        string first = end < 0 ? word : word[..end];
        return filled == instruction.Count("num_paragraphs") && first.Equals(instruction.Text("first_word"), StringComparison.OrdinalIgnoreCase);
    }

    private static bool HasPostscript(Instruction instruction, string text)
    {
        string marker = instruction.Text("postscript_marker").Trim();
        Regex pattern = marker switch
        {
            "P.P.S" => DoublePostscript,
            "P.S." => Postscript,
            _ => Keyword(instruction, $@"\s*{marker.ToLowerInvariant()}.*$", RegexOptions.Multiline),
        };
        return pattern.IsMatch(text.ToLowerInvariant());
    }

    private static int Highlights(string text) =>
        Highlight.Matches(text).Count(match => match.Value.Trim('*').Trim().Length > 0)
        + DoubleHighlight.Matches(text).Count(match => match.Value[2..^2].Trim().Length > 0);

    private static bool IsJson(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(JsonAnswer.StripFence(text), new JsonDocumentOptions { MaxDepth = 512 });
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool HasTwoResponses(string text)
    {
        string[] parts = text.Split("******");
        if (parts.Where((part, i) => i > 0 && i < parts.Length - 1 && part.Trim().Length == 0).Any()) return false;
        string[] filled = [.. parts.Select(part => part.Trim()).Where(part => part.Length > 0)];
        return filled.Length == 2 && filled[0] != filled[1];
    }

    private static string Lower(string text) => text.Trim().ToLowerInvariant();
}
