using System.Text;

namespace Puna.Evaluation.Grading.Instructions;

/// <summary>Sentences and words of English, near to what NLTK's Punkt and Treebank tokenizers give, without their trained tables.</summary>
internal static class EnglishText
{
    // Written before a name or a number, so a capital behind them begins no sentence.
    private static readonly HashSet<string> NeverLast = new(StringComparer.OrdinalIgnoreCase)
    {
        "mr", "mrs", "ms", "dr", "prof", "st", "mt", "rev", "gen", "col", "capt", "lt", "sgt", "sen", "rep", "gov", "pres", "hon", "vs", "no", "vol", "fig", "ed", "pp", "ch", "sec", "cf",
    };

    // May end a sentence: they do where a capital follows.
    private static readonly HashSet<string> Abbreviations = new(StringComparer.OrdinalIgnoreCase)
    {
        "e.g", "i.e", "etc", "jr", "sr", "inc", "ltd", "co", "corp", "u.s", "u.k", "u.n", "a.m", "p.m", "ph.d", "b.c", "a.d", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "approx", "dept", "est", "al",
    };

    private static readonly string[] Contractions = ["n't", "'s", "'m", "'d", "'ll", "'re", "'ve"];

    /// <summary>Number of sentences: runs that end in <c>. ! ?</c> before white space, and what is left at the end.</summary>
    public static int CountSentences(string text)
    {
        string[] tokens = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        int count = 0;
        bool open = false;
        for (int i = 0; i < tokens.Length; i++)
        {
            open = true;
            if (!Ends(tokens[i], i + 1 < tokens.Length ? tokens[i + 1] : null)) continue;
            count++;
            open = false;
        }

        return count + (open ? 1 : 0);
    }

    /// <summary>Words and punctuation marks apart, contractions in two.</summary>
    public static IReadOnlyList<string> Words(string text)
    {
        List<string> words = [];
        foreach (string token in text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)) Split(token, words);
        return words;
    }

    private static bool Ends(string token, string? next)
    {
        string bare = token.TrimEnd('"', '\'', ')', ']', '}', '*', '_', '”', '’', '»');
        if (bare.Length == 0 || bare[^1] is not ('.' or '!' or '?')) return false;
        if (bare[^1] is '!' or '?' || next is null || bare.EndsWith("..", StringComparison.Ordinal)) return next is null || bare[^1] != '.' || StartsUpper(next);

        string word = bare[..^1].TrimStart('"', '\'', '(', '[', '{', '*', '_', '“', '‘', '«');
        if (word.Length == 0) return true;
        if (NeverLast.Contains(word)) return false;
        if (word.Length == 1 && char.IsUpper(word[0]) && word != "I") return false; // an initial
        bool abbreviation = Abbreviations.Contains(word) || word.Contains('.', StringComparison.Ordinal) && word.Split('.').All(part => part.Length <= 2 && part.All(char.IsLetter));
        bool ordinal = word.All(char.IsAsciiDigit); // "3. Mix": the number of a list item
        return abbreviation || ordinal ? StartsUpper(next) && !ordinal : true;
    }

    private static bool StartsUpper(string token)
    {
        foreach (char c in token)
        {
            if (char.IsLetter(c)) return char.IsUpper(c);
            if (char.IsDigit(c)) return false;
        }

        return false;
    }

    private static void Split(string token, List<string> words)
    {
        int start = 0, end = token.Length;
        while (start < end && IsMark(token[start])) words.Add(token[start++].ToString());

        List<string> tail = [];
        while (end > start && IsMark(token[end - 1]) && !IsInitials(token.AsSpan(start, end - start))) tail.Add(token[--end].ToString());

        StringBuilder word = new();
        for (int i = start; i < end; i++)
        {
            bool inNumber = token[i] is ',' or ':' && i > start && i + 1 < end && char.IsDigit(token[i - 1]) && char.IsDigit(token[i + 1]);
            if (!IsInnerMark(token[i]) || inNumber) word.Append(token[i]);
            else
            {
                Flush(word, words);
                words.Add(token[i].ToString());
            }
        }

        Flush(word, words);
        for (int i = tail.Count - 1; i >= 0; i--) words.Add(tail[i]);
    }

    private static void Flush(StringBuilder pending, List<string> words)
    {
        if (pending.Length == 0) return;
        string word = pending.ToString();
        pending.Clear();
        foreach (string contraction in Contractions)
        {
            if (word.Length <= contraction.Length || !word.EndsWith(contraction, StringComparison.OrdinalIgnoreCase)) continue;
            words.Add(word[..^contraction.Length]);
            words.Add(word[^contraction.Length..]);
            return;
        }

        words.Add(word);
    }

    private static bool IsMark(char c) => char.IsPunctuation(c) || c is '$' or '<' or '>' or '`' or '+' or '=' or '~' or '|' or '^';

    private static bool IsInnerMark(char c) => c is ',' or ';' or ':' or '(' or ')' or '[' or ']' or '{' or '}' or '"' or '!' or '?' or '&' or '@' or '#' or '$' or '%' or '<' or '>';

    // "U.S." keeps its last full stop.
    private static bool IsInitials(ReadOnlySpan<char> token)
    {
        if (token.Length is < 4 or > 24 || token.Length % 2 != 0) return false;
        for (int i = 0; i < token.Length; i++)
        {
            if (i % 2 == 0 ? !char.IsLetter(token[i]) : token[i] != '.') return false;
        }

        return true;
    }
}
