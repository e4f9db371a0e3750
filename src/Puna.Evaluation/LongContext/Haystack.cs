using System.Text;
using Puna.Evaluation.Statistics;

namespace Puna.Evaluation.LongContext;

/// <summary>
/// Sentences to hide something between: those of a given text, again from its beginning where it ends, or made-up ones without end.
/// One caller at a time.
/// </summary>
internal sealed class Haystack
{
    private const int MinSentences = 20;
    private static readonly string[] People = ["the baker", "the ferryman", "the schoolteacher", "the old gardener", "the watchmaker", "a travelling singer", "the mayor's sister", "the carpenter", "a young sailor", "the postwoman", "the miller", "the librarian"];
    private static readonly string[] Times = ["In the morning", "Towards evening", "After the rain", "On market day", "Before the harvest", "When the fog lifted", "In the second week of May", "Long after midnight", "At the end of the winter", "As every year"];
    private static readonly string[] Places = ["at the well", "behind the church", "on the quay", "near the old wall", "in the upper valley", "by the railway", "under the chestnut trees", "at the edge of the wood", "in the narrow street", "on the hill above the river"];
    private static readonly string[] Deeds = ["mended", "painted", "carried home", "sold", "forgot", "borrowed", "described", "weighed", "cleaned", "searched for", "measured", "bought back"];
    private static readonly string[] Reasons = ["because nobody else would", "and said nothing about it", "although it was already late", "as the children had asked", "for less than it had cost", "while the others were talking", "and wrote it down in a notebook", "without thinking of the weather", "to the surprise of the neighbours", "which took longer than expected"];

    private readonly List<string> _sentences;
    private readonly SplitMix64? _more;

    private Haystack(List<string> sentences, SplitMix64? more) => (_sentences, _more) = (sentences, more);

    /// <summary>A text's sentences, or made-up ones.</summary>
    /// <exception cref="EvaluationException">The text has too few sentences.</exception>
    public static Haystack Of(string? text)
    {
        if (text is null) return new Haystack([], new SplitMix64(20));

        List<string> sentences = Split(text);
        return sentences.Count >= MinSentences ? new Haystack(sentences, null) : throw new EvaluationException($"The text has {sentences.Count} sentences; at least {MinSentences} are needed to hide something between them. Give a longer one.");
    }

    /// <summary>The first sentences.</summary>
    public List<string> Take(int count)
    {
        while (_more is not null && _sentences.Count < count) _sentences.Add(Invent(_more));
        return [.. Enumerable.Range(0, count).Select(i => _sentences[i % _sentences.Count])];
    }

    private static string Invent(SplitMix64 random)
    {
        string thing = $"{InventedWords.Pick(random, InventedWords.Adjectives)} {InventedWords.Pick(random, InventedWords.Nouns)}", other = $"{InventedWords.Pick(random, InventedWords.Adjectives)} {InventedWords.Pick(random, InventedWords.Nouns)}";
        string who = InventedWords.Pick(random, People), time = InventedWords.Pick(random, Times), place = InventedWords.Pick(random, Places), deed = InventedWords.Pick(random, Deeds), reason = InventedWords.Pick(random, Reasons);
        string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
        return random.Next(6) switch
        {
            0 => $"{time} {who} {deed} a {thing} {place}, {reason}.",
            1 => $"{Capital(who)} {deed} the {thing} {reason}.",
            2 => $"There was a {thing} {place}, and beside it stood a {other}.",
            3 => $"{time}, nobody {place} remembered who had {deed} the {thing}.",
            4 => $"\"It is only a {thing},\" said {who}, \"and the {other} is no better.\"",
            _ => $"{Capital(who)} came from {InventedWords.Name(random)} and {deed} a {thing} {place}; {InventedWords.Pick(random, People)} {InventedWords.Pick(random, Deeds)} a {other} {reason}.",
        };
    }

    private static List<string> Split(string text)
    {
        List<string> sentences = [];
        StringBuilder sentence = new();
        foreach (string word in text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            if (sentence.Length > 0) sentence.Append(' ');
            sentence.Append(word);
            if (word.TrimEnd('"', '\'', '”', '’', ')') is not [.., '.' or '!' or '?']) continue;
            sentences.Add(sentence.ToString());
            sentence.Clear();
        }

        if (sentence.Length > 0) sentences.Add(sentence.ToString());
        return sentences;
    }
}
