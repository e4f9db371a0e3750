using System.Text;
using System.Text.RegularExpressions;

namespace Puna.Training.Vocabulary;

/// <summary>
/// Trains a byte-level BPE vocabulary under the Llama 4 splitting pattern. Digits never merge, and unless asked for no punctuation or space
/// merges with the word after it, so that a value has the same tokens in a document and in JSON; only for the commonest small
/// words is the space before them part of the token.
/// </summary>
internal static partial class VocabularyTrainer
{
    /// <summary>Where Llama 4's own tokenizer splits text before merging.</summary>
    public const string SplitPattern =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        + @"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        + @"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    // The space before these joins them; none of them begins a value.
    private static readonly string[] SmallWords =
    [
        "the", "of", "to", "and", "a", "is", "in", "for", "on", "with", "by", "at", "it", "your", "you", "was", "are", "from", "this", "not", "be", "please", "will", "has", "have",
        "do", "can", "or", "an", "that", "me", "my", "we", "our", "as", "what", "which", "how", "am", "only", "than", "its", "into", "if", "no", "but", "there", "their", "before", "about",
    ];

    /// <summary>Merges in order, each the bytes of its two parts.</summary>
    /// <param name="texts">What to learn from.</param>
    /// <param name="merges">How many merges to make.</param>
    /// <param name="joinSpaces">Spaces and punctuation join the words behind them, which takes fewer tokens where no value is copied.</param>
    public static List<(byte[] Left, byte[] Right)> Train(IEnumerable<string> texts, int merges, bool joinSpaces = false)
    {
        Dictionary<string, int> pieces = Count(texts, joinSpaces);
        List<(List<int> Symbols, int Count)> words = [];
        List<byte[]> tokens = [.. Enumerable.Range(0, 256).Select(b => new[] { (byte)b })];
        Dictionary<(int, int), int> pairs = [];
        Dictionary<(int, int), HashSet<int>> places = [];
        foreach ((string piece, int count) in pieces.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            List<int> symbols = [.. Encoding.UTF8.GetBytes(piece).Select(b => (int)b)];
            words.Add((symbols, count));
            Note(symbols, count, words.Count - 1, pairs, places);
        }

        List<(byte[], byte[])> result = [];
        HashSet<string> made = [];
        string[] smallWords = joinSpaces ? [] : SmallWords;
        int spaced = smallWords.Length;
        while (result.Count < merges - spaced && pairs.Count > 0)
        {
            ((int left, int right) best, int n) = pairs.Where(p => p.Value > 0).OrderByDescending(p => p.Value).ThenBy(p => p.Key).Select(p => (p.Key, p.Value)).FirstOrDefault();
            if (n < 2) break;

            byte[] joined = [.. tokens[best.left], .. tokens[best.right]];
            tokens.Add(joined);
            made.Add(Encoding.Latin1.GetString(joined));
            result.Add((tokens[best.left], tokens[best.right]));
            foreach (int w in places[best].ToArray()) Merge(words[w].Symbols, words[w].Count, w, best, tokens.Count - 1, pairs, places);
            pairs.Remove(best);
        }

        foreach (string word in smallWords.Where(w => w.Length == 1 || made.Contains(w)))
            result.Add((" "u8.ToArray(), Encoding.UTF8.GetBytes(word)));
        return result;
    }

    // How often each mergeable piece occurs. What stands before a word is split off, and digits are left out.
    private static Dictionary<string, int> Count(IEnumerable<string> texts, bool joinSpaces)
    {
        Dictionary<string, int> pieces = [];
        foreach (string text in texts)
        {
            foreach (ValueMatch match in Pattern().EnumerateMatches(text))
            {
                ReadOnlySpan<char> piece = text.AsSpan(match.Index, match.Length);
                if (char.IsDigit(piece[0])) continue;
                if (!joinSpaces && piece.Length > 1 && !char.IsLetter(piece[0]) && char.IsLetter(piece[1])) piece = piece[1..];
                if (piece.Length < 2) continue;
                string key = piece.ToString();
                pieces[key] = pieces.GetValueOrDefault(key) + 1;
            }
        }

        return pieces;
    }

    private static void Note(List<int> symbols, int count, int word, Dictionary<(int, int), int> pairs, Dictionary<(int, int), HashSet<int>> places)
    {
        for (int i = 0; i + 1 < symbols.Count; i++)
        {
            (int, int) pair = (symbols[i], symbols[i + 1]);
            pairs[pair] = pairs.GetValueOrDefault(pair) + count;
            if (!places.TryGetValue(pair, out HashSet<int>? set)) places[pair] = set = [];
            set.Add(word);
        }
    }

    private static void Merge(List<int> symbols, int count, int word, (int Left, int Right) pair, int merged, Dictionary<(int, int), int> pairs, Dictionary<(int, int), HashSet<int>> places)
    {
        for (int i = 0; i + 1 < symbols.Count; i++)
        {
            if (pairs.ContainsKey((symbols[i], symbols[i + 1]))) pairs[(symbols[i], symbols[i + 1])] -= count;
        }

        for (int i = 0; i + 1 < symbols.Count; i++)
        {
            if (symbols[i] != pair.Left || symbols[i + 1] != pair.Right) continue;
            symbols[i] = merged;
            symbols.RemoveAt(i + 1);
        }

        Note(symbols, count, word, pairs, places);
    }

    [GeneratedRegex(SplitPattern)]
    private static partial Regex Pattern();
}
