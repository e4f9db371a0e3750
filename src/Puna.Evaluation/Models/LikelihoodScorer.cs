using Puna.Compute;
using Puna.Models;
using Puna.Models.Cache;

namespace Puna.Evaluation.Models;

/// <summary>A continuation's score.</summary>
/// <param name="LogLikelihood">Sum of ln p of its tokens.</param>
/// <param name="Greedy">Every token was the most likely one.</param>
internal readonly record struct ContinuationScore(double LogLikelihood, bool Greedy);

/// <summary>Tokens of a question: a context of at least one, and continuations of at least one each.</summary>
internal readonly record struct TokenQuestion(int[] Context, int[][] Continuations);

/// <summary>
/// Scores continuations of many contexts in few passes. Contexts that begin alike share the cache of their beginning, and
/// continuations that of their context, which changes no bit: a row's result depends on its own sequence alone. One caller at a time.
/// </summary>
internal sealed class LikelihoodScorer : IDisposable
{
    /// <summary>A shared beginning has to be longer by this many tokens to be worth a group of its own.</summary>
    private const int WorthSplitting = 64;

    private const int MaxLogitRows = 64;

    private readonly Decoder _decoder;
    private readonly KvCache _cache;
    private readonly DecoderState _state;
    private readonly Batch _batch;
    private readonly int _maxSequences;
    private readonly List<(Run Run, int Row)> _wanted = [];
    private int _base = -1;
    private int[] _baseTokens = [];

    /// <param name="model">The model; outlives the scorer.</param>
    /// <param name="maxSequences">Contexts computed at the same time.</param>
    /// <param name="batchTokens">Rows of a pass.</param>
    internal LikelihoodScorer(PunaModel model, int maxSequences, int batchTokens)
    {
        _decoder = model.Decoder;
        _maxSequences = maxSequences;
        _cache = _decoder.CreateCache(new KvCacheOptions { Type = model.Options.KvType, MaxSequences = 2 * maxSequences + 1, MemoryLimit = model.Options.KvMemoryLimit });
        _state = _decoder.CreateState(batchTokens, Math.Min(batchTokens, MaxLogitRows));
        _batch = new Batch(batchTokens);
    }

    /// <summary>Rows computed so far.</summary>
    internal long ComputedTokens { get; private set; }

    /// <summary>Scores all; yields the number of a question with its scores.</summary>
    internal IEnumerable<(int Index, ContinuationScore[] Scores)> Score(IReadOnlyList<TokenQuestion> questions, CancellationToken cancellationToken = default)
    {
        int[] order = [.. Enumerable.Range(0, questions.Count)];
        Array.Sort(order, (a, b) => questions[a].Context.AsSpan().SequenceCompareTo(questions[b].Context) is var c and not 0 ? c : a.CompareTo(b));
        for (int start = 0; start < order.Length;)
        {
            int end = GroupEnd(questions, order, start);
            foreach ((int, ContinuationScore[]) scored in ScoreGroup(questions, order.AsMemory(start, end - start), cancellationToken)) yield return scored;
            start = end;
        }
    }

    public void Dispose()
    {
        _state.Dispose();
        _cache.Dispose();
    }

    /// <summary>Where the group of neighbours that begin alike ends.</summary>
    private int GroupEnd(IReadOnlyList<TokenQuestion> questions, int[] order, int start)
    {
        int end = start + 1;
        for (; end < order.Length && end - start < _maxSequences; end++)
        {
            int with = Common(end - 1, end);
            if (end - start >= 2 && with + WorthSplitting < Common(end - 2, end - 1)) break;
            if (end + 1 < order.Length && with + WorthSplitting < Common(end, end + 1)) break;
        }

        return end;

        int Common(int a, int b) => questions[order[a]].Context.AsSpan().CommonPrefixLength(questions[order[b]].Context);
    }

    private List<(int, ContinuationScore[])> ScoreGroup(IReadOnlyList<TokenQuestion> questions, ReadOnlyMemory<int> group, CancellationToken cancellationToken)
    {
        ReadOnlySpan<int> indices = group.Span;
        int[] first = questions[indices[0]].Context;
        int common = first.AsSpan().CommonPrefixLength(questions[indices[^1]].Context); // sorted, so the ends differ most
        foreach (int index in indices) common = Math.Min(common, questions[index].Context.Length - 1);
        ExtendBase(first.AsSpan(0, common), cancellationToken);

        Run[] contexts = new Run[indices.Length];
        for (int i = 0; i < contexts.Length; i++)
        {
            TokenQuestion question = questions[indices[i]];
            contexts[i] = new Run(_cache.Fork(_base), question.Context, common, question.Context.Length - 1, 0, [.. question.Continuations.Select(c => new Scoring(c))]);
        }

        Compute(contexts, cancellationToken);
        for (int i = 0; i < contexts.Length; i++)
        {
            ScoreRest(contexts[i], cancellationToken);
            _cache.Close(contexts[i].Slot);
        }

        List<(int, ContinuationScore[])> scored = [];
        for (int i = 0; i < contexts.Length; i++) scored.Add((indices[i], [.. contexts[i].Scorings.Select(s => s.Score)]));
        return scored;
    }

    /// <summary>Makes the base sequence hold exactly these tokens.</summary>
    private void ExtendBase(ReadOnlySpan<int> tokens, CancellationToken cancellationToken)
    {
        int kept = 0;
        if (_base < 0) _base = _cache.Open();
        else _cache.Truncate(_base, kept = _cache.RollbackPoint(_base, _baseTokens.AsSpan().CommonPrefixLength(tokens)));

        _baseTokens = tokens.ToArray();
        try
        {
            Compute([new Run(_base, _baseTokens, kept, int.MaxValue, 0, [])], cancellationToken);
        }
        catch
        {
            _cache.Close(_base); // how far it came is not known
            _base = -1;
            throw;
        }
    }

    /// <summary>What of continuations comes after their first token, which the context's own logits told of.</summary>
    private void ScoreRest(Run context, CancellationToken cancellationToken)
    {
        foreach (Scoring[] some in context.Scorings.Where(s => s.Tokens.Length > 1).Chunk(_maxSequences))
        {
            Run[] runs = [.. some.Select(s => new Run(_cache.Fork(context.Slot), [.. context.Tokens, .. s.Tokens.AsSpan(0, s.Tokens.Length - 1)], context.Tokens.Length, context.Tokens.Length, 1, [s]))];
            Compute(runs, cancellationToken);
            foreach (Run run in runs) _cache.Close(run.Slot);
        }
    }

    private void Compute(Run[] runs, CancellationToken cancellationToken)
    {
        int run = 0;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _batch.Clear();
            _wanted.Clear();
            for (; run < runs.Length; run++)
            {
                Run r = runs[run];
                while (r.Done < r.Tokens.Length && _batch.Rows < _batch.Capacity)
                {
                    bool wanted = r.Done >= r.FirstLogits;
                    if (wanted && _wanted.Count == _state.MaxLogitRows) break;
                    if (wanted) _wanted.Add((r, r.Done));
                    _batch.Add(r.Tokens[r.Done], r.Done, r.Slot, wanted);
                    r.Done++;
                }

                if (r.Done < r.Tokens.Length) break;
            }

            if (_batch.Rows == 0) return;

            _decoder.Forward(_batch, _cache, _state);
            ComputedTokens += _batch.Rows;
            for (int i = 0; i < _wanted.Count; i++) _wanted[i].Run.Take(_wanted[i].Row, _decoder.Logits(_state, i));
        }
    }

    /// <summary>A continuation and the score of what of it was seen.</summary>
    private sealed class Scoring(int[] tokens)
    {
        private double _sum;
        private bool _greedy = true;

        internal int[] Tokens => tokens;

        internal ContinuationScore Score => new(_sum, _greedy);

        internal void Take(int position, ReadOnlySpan<float> logits, in LogSoftmax softmax)
        {
            _sum += softmax.Of(logits[tokens[position]]);
            _greedy &= softmax.ArgMax == tokens[position];
        }
    }

    /// <summary>Tokens to compute on a slot; rows from <paramref name="firstLogits"/> on tell of a continuation's tokens from number <paramref name="told"/> on.</summary>
    private sealed class Run(int slot, int[] tokens, int done, int firstLogits, int told, Scoring[] scorings)
    {
        internal int Slot => slot;

        internal int[] Tokens => tokens;

        internal int FirstLogits => firstLogits;

        internal Scoring[] Scorings => scorings;

        internal int Done { get; set; } = done;

        internal void Take(int row, ReadOnlySpan<float> logits)
        {
            LogSoftmax softmax = new(logits);
            foreach (Scoring scoring in scorings) scoring.Take(row - firstLogits + told, logits, softmax);
        }
    }
}
