using Puna.Compute;
using Puna.Evaluation.Models;
using Puna.Evaluation.Statistics;
using Puna.Models;
using Puna.Models.Cache;

namespace Puna.Evaluation.Divergence;

/// <summary>Perplexity of a model on a text, and its KL divergence from a reference: the most sensitive measure of what a quantization costs.</summary>
public static class TextScorer
{
    private const int RowsAtOnce = 64;

    /// <summary>Scores windows of tokens.</summary>
    /// <param name="model">The model.</param>
    /// <param name="windows">From <see cref="TextWindows"/>.</param>
    /// <param name="reference">A model to measure the distance from, or null.</param>
    /// <param name="progress">Hears of the windows that are done.</param>
    /// <param name="cancellationToken">Stops between passes.</param>
    /// <exception cref="EvaluationException">The two models do not have the same vocabulary.</exception>
    public static TextScore Score(PunaModel model, IReadOnlyList<int[]> windows, PunaModel? reference = null, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        if (reference is not null) RequireSameVocabulary(model, reference);

        using Reader reader = new(model);
        using Reader? referenceReader = reference is null ? null : new Reader(reference);
        Account own = new(), other = new();
        List<double> divergences = [], windowMeans = [];
        int agreements = 0;
        for (int w = 0; w < windows.Count; w++)
        {
            int[] tokens = windows[w];
            double windowKl = 0;
            reader.Begin();
            referenceReader?.Begin();
            for (int done = 0; done < tokens.Length - 1; done += RowsAtOnce)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int rows = Math.Min(RowsAtOnce, tokens.Length - 1 - done);
                reader.Read(tokens, done, rows);
                referenceReader?.Read(tokens, done, rows);
                for (int i = 0; i < rows; i++)
                {
                    ReadOnlySpan<float> logits = reader.Logits(i);
                    LogSoftmax softmax = new(logits);
                    own.Add(softmax, logits, tokens[done + i + 1]);
                    if (referenceReader is null) continue;

                    ReadOnlySpan<float> expected = referenceReader.Logits(i);
                    LogSoftmax expectedSoftmax = new(expected);
                    other.Add(expectedSoftmax, expected, tokens[done + i + 1]);
                    double kl = Kl(expected, expectedSoftmax, logits, softmax);
                    divergences.Add(kl);
                    windowKl += kl;
                    if (softmax.ArgMax == expectedSoftmax.ArgMax) agreements++;
                }
            }

            own.EndWindow();
            other.EndWindow();
            windowMeans.Add(windowKl / (tokens.Length - 1));
            progress?.Report(w + 1);
        }

        TextScore score = own.Score();
        if (reference is null) return score;

        double[] sorted = [.. divergences.Order()];
        return score with
        {
            Divergence = new DivergenceScore
            {
                Reference = other.Score(),
                MeanKl = divergences.Average(),
                StandardError = Averages.StandardError([.. windowMeans]),
                MedianKl = Bootstrap.Percentile(sorted, 0.5),
                Kl99 = Bootstrap.Percentile(sorted, 0.99),
                MaxKl = sorted[^1],
                Top1Agreement = (double)agreements / sorted.Length,
            },
        };
    }

    /// <summary>Sum over the vocabulary of p (ln p - ln q), not below 0, which only rounding reaches.</summary>
    internal static double Kl(ReadOnlySpan<float> expected, in LogSoftmax p, ReadOnlySpan<float> logits, in LogSoftmax q)
    {
        double sum = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double logP = p.Of(expected[i]), share = Math.Exp(logP);
            if (share > 0) sum += share * (logP - q.Of(logits[i]));
        }

        return Math.Max(0, sum);
    }

    private static void RequireSameVocabulary(PunaModel model, PunaModel reference)
    {
        bool same = model.Config.VocabSize == reference.Config.VocabSize && model.Tokenizer.VocabSize == reference.Tokenizer.VocabSize;
        for (int id = 0; same && id < model.Tokenizer.VocabSize; id++) same = model.Tokenizer.GetTokenBytes(id).SequenceEqual(reference.Tokenizer.GetTokenBytes(id));
        if (!same) throw new EvaluationException($"{model.Path} and {reference.Path} do not have the same vocabulary, so their predictions cannot be compared token by token. Compare quantizations of one model.");
    }

    /// <summary>Reads windows through a model, some rows at a time.</summary>
    private sealed class Reader(PunaModel model) : IDisposable
    {
        private readonly KvCache _cache = model.Decoder.CreateCache(new KvCacheOptions { Type = model.Options.KvType, MaxSequences = 1, MemoryLimit = model.Options.KvMemoryLimit });
        private readonly DecoderState _state = model.Decoder.CreateState(RowsAtOnce, RowsAtOnce);
        private readonly Batch _batch = new(RowsAtOnce);
        private int _slot = -1;

        public void Dispose()
        {
            _state.Dispose();
            _cache.Dispose();
        }

        internal void Begin()
        {
            if (_slot >= 0) _cache.Close(_slot);
            _slot = _cache.Open();
        }

        internal void Read(int[] tokens, int from, int rows)
        {
            _batch.Clear();
            for (int i = 0; i < rows; i++) _batch.Add(tokens[from + i], from + i, _slot, needsLogits: true);
            model.Decoder.Forward(_batch, _cache, _state);
        }

        internal ReadOnlySpan<float> Logits(int row) => model.Decoder.Logits(_state, row);
    }

    /// <summary>Sums over tokens and windows.</summary>
    private sealed class Account
    {
        private readonly List<double> _windows = [];
        private double _sum, _windowSum;
        private int _tokens, _windowTokens, _right;

        internal void Add(in LogSoftmax softmax, ReadOnlySpan<float> logits, int token)
        {
            _windowSum -= softmax.Of(logits[token]);
            _windowTokens++;
            if (softmax.ArgMax == token) _right++;
        }

        internal void EndWindow()
        {
            if (_windowTokens == 0) return;

            _windows.Add(_windowSum / _windowTokens);
            _sum += _windowSum;
            _tokens += _windowTokens;
            (_windowSum, _windowTokens) = (0, 0);
        }

        internal TextScore Score() => new()
        {
            Tokens = _tokens,
            NegativeLogLikelihood = _sum / _tokens,
            StandardError = Averages.StandardError([.. _windows]),
            Top1Accuracy = (double)_right / _tokens,
        };
    }
}
