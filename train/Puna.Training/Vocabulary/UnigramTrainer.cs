using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Puna.Training.Vocabulary;

/// <summary>
/// Trains a unigram vocabulary: from all frequent parts of words, expectation-maximisation of their probabilities and removal of
/// those that are missed least, in turn, until few enough are left. Single characters stay.
/// </summary>
/// <remarks>Source: Kudo, Subword Regularization, 2018.</remarks>
internal sealed partial class UnigramTrainer
{
    private const char SpaceMark = '\u2581';
    private const int Longest = 16, Seeds = 40_000, Rounds = 2;
    private const double Keep = 0.7, Least = 1e-9;

    private readonly List<(string Word, double Count)> _words = [];
    private readonly Dictionary<string, double> _probability = [];

    private UnigramTrainer()
    {
    }

    /// <summary>Pieces with the logarithms of their probabilities, most probable first.</summary>
    /// <param name="texts">What to learn from; it is normalised as <see cref="Encoder.EncoderExporter"/> tells the tokenizer to.</param>
    /// <param name="size">Pieces to keep.</param>
    /// <param name="characters">Most characters that are pieces of their own; the others become unknown.</param>
    public static List<(string Piece, double Score)> Train(IEnumerable<string> texts, int size, int characters)
    {
        UnigramTrainer trainer = new();
        trainer.Count(texts, characters);
        for (bool done = false; !done;)
        {
            for (int round = 0; round < Rounds; round++) trainer.Maximize();
            done = trainer._probability.Count <= size;
            if (!done) trainer.Remove(Math.Max(size, (int)(trainer._probability.Count * Keep)));
        }

        return [.. trainer._probability.OrderByDescending(p => p.Value).ThenBy(p => p.Key, StringComparer.Ordinal).Select(p => (p.Key, Math.Log(p.Value)))];
    }

    /// <summary>Words as the tokenizer splits them: at white space, and around each sign and digit.</summary>
    internal static IEnumerable<string> Split(string text)
    {
        foreach (string word in text.Normalize(NormalizationForm.FormKC).ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            foreach (Match part in Parts().Matches(SpaceMark + word)) yield return part.Value;
        }
    }

    /// <summary>Counts words, drops rare characters from them, and gathers the seed pieces.</summary>
    private void Count(IEnumerable<string> texts, int characters)
    {
        Dictionary<string, double> words = [];
        foreach (string word in texts.SelectMany(Split)) CollectionsMarshal.GetValueRefOrAddDefault(words, word, out _)++;

        Dictionary<char, double> letters = [];
        foreach ((string word, double count) in words)
        {
            foreach (char c in word) CollectionsMarshal.GetValueRefOrAddDefault(letters, c, out _) += count;
        }

        HashSet<char> kept = [.. letters.Where(l => !char.IsSurrogate(l.Key)).OrderByDescending(l => l.Value).ThenBy(l => l.Key).Take(characters).Select(l => l.Key)];
        Dictionary<string, double> parts = [];
        foreach ((string word, double count) in words.OrderBy(w => w.Key, StringComparer.Ordinal))
        {
            if (word.Length > 2 * Longest || !word.All(kept.Contains)) continue;
            _words.Add((word, count));
            for (int start = 0; start < word.Length; start++)
            {
                for (int end = start + 1; end <= Math.Min(word.Length, start + Longest); end++) CollectionsMarshal.GetValueRefOrAddDefault(parts, word[start..end], out _) += count;
            }
        }

        double total = 0;
        foreach ((string part, double count) in parts.Where(p => p.Key.Length == 1 || p.Value >= 3).OrderByDescending(p => p.Key.Length == 1 ? double.MaxValue : p.Value * p.Key.Length)
            .ThenBy(p => p.Key, StringComparer.Ordinal).Take(Seeds))
        {
            _probability[part] = count;
            total += count;
        }

        foreach (string part in _probability.Keys.ToArray()) _probability[part] /= total;
    }

    /// <summary>Sets each piece's probability to its share of the pieces that are expected in all segmentations of the words.</summary>
    private void Maximize()
    {
        Dictionary<string, double> expected = _probability.Keys.ToDictionary(p => p, _ => 0.0);
        Dictionary<string, double>.AlternateLookup<ReadOnlySpan<char>> known = _probability.GetAlternateLookup<ReadOnlySpan<char>>(), sums = expected.GetAlternateLookup<ReadOnlySpan<char>>();
        double[] forward = new double[(2 * Longest) + 1], backward = new double[forward.Length];
        foreach ((string word, double count) in _words)
        {
            int n = word.Length;
            Array.Clear(forward);
            Array.Clear(backward);
            (forward[0], backward[n]) = (1, 1);
            for (int end = 1; end <= n; end++)
            {
                for (int start = Math.Max(0, end - Longest); start < end; start++)
                    if (known.TryGetValue(word.AsSpan(start, end - start), out double p)) forward[end] += forward[start] * p;
            }

            for (int start = n - 1; start >= 0; start--)
            {
                for (int end = start + 1; end <= Math.Min(n, start + Longest); end++)
                {
                    if (!known.TryGetValue(word.AsSpan(start, end - start), out double p)) continue;
                    backward[start] += p * backward[end];
                    CollectionsMarshal.GetValueRefOrAddDefault(sums, word.AsSpan(start, end - start), out _) += count * forward[start] * p * backward[end] / forward[n];
                }
            }
        }

        double total = expected.Values.Sum();
        foreach ((string piece, double count) in expected) _probability[piece] = Math.Max(count / total, Least);
    }

    /// <summary>Keeps the pieces whose loss would cost the most likelihood, where the next best segmentation takes each one's place.</summary>
    private void Remove(int keep)
    {
        string[] singles = [.. _probability.Keys.Where(p => p.Length == 1)];
        string[] best = [.. _probability.Where(p => p.Key.Length > 1).Select(p => (p.Key, Loss: p.Value * (Math.Log(p.Value) - Alternative(p.Key))))
            .OrderByDescending(p => p.Loss).ThenBy(p => p.Key, StringComparer.Ordinal).Take(Math.Max(0, keep - singles.Length)).Select(p => p.Key)];
        HashSet<string> kept = [.. singles, .. best];
        foreach (string piece in _probability.Keys.Where(p => !kept.Contains(p)).ToArray()) _probability.Remove(piece);
    }

    /// <summary>Logarithm of the probability of the best segmentation of a piece into others.</summary>
    private double Alternative(string piece)
    {
        Dictionary<string, double>.AlternateLookup<ReadOnlySpan<char>> known = _probability.GetAlternateLookup<ReadOnlySpan<char>>();
        double[] best = new double[piece.Length + 1];
        Array.Fill(best, double.NegativeInfinity, 1, piece.Length);
        for (int end = 1; end <= piece.Length; end++)
        {
            for (int start = 0; start < end; start++)
                if (end - start < piece.Length && known.TryGetValue(piece.AsSpan(start, end - start), out double p)) best[end] = Math.Max(best[end], best[start] + Math.Log(p));
        }

        return best[^1];
    }

    [GeneratedRegex(@"[!-/:-@\[-`{-~\p{P}\p{N}]|[^!-/:-@\[-`{-~\p{P}\p{N}]+")]
    private static partial Regex Parts();
}
