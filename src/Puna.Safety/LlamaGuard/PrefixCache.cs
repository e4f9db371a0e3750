using Puna.Compute;
using Puna.Models;
using Puna.Models.Cache;

namespace Puna.Safety.LlamaGuard;

/// <summary>
/// Runs prompts on a decoder and keeps the caches of the latest ones: of a prompt that begins like an earlier one, only the
/// rest is computed. As every row's bits depend on its own sequence alone, the result is what a fresh run would give.
/// One caller at a time.
/// </summary>
internal sealed class PrefixCache : IDisposable
{
    private const int BatchRows = 512;

    private readonly Decoder _decoder;
    private readonly KvCache _cache;
    private readonly DecoderState _state;
    private readonly Batch _batch = new(BatchRows);
    private readonly List<Entry> _entries = [];
    private readonly int _capacity;
    private long _clock;

    internal PrefixCache(Decoder decoder, int capacity)
    {
        _decoder = decoder;
        _capacity = capacity;
        _cache = decoder.CreateCache(new KvCacheOptions { MaxSequences = _capacity, KeepForRollback = 1024 });
        _state = decoder.CreateState(BatchRows, 1);
    }

    /// <summary>Tokens computed in the last call.</summary>
    internal int Computed { get; private set; }

    /// <summary>Logits behind the last token, [vocab], valid until the next call.</summary>
    internal ReadOnlySpan<float> Run(ReadOnlySpan<int> tokens, CancellationToken cancellationToken)
    {
        Entry entry = Find(tokens);
        try
        {
            Computed = tokens.Length - entry.Tokens.Count;
            for (int done = entry.Tokens.Count; done < tokens.Length; done = entry.Tokens.Count)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int count = Math.Min(BatchRows, tokens.Length - done);
                _batch.Clear();
                for (int i = 0; i < count; i++) _batch.Add(tokens[done + i], done + i, entry.Slot, needsLogits: done + i == tokens.Length - 1);
                _decoder.Forward(_batch, _cache, _state);
                entry.Tokens.AddRange(tokens.Slice(done, count));
            }
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            _entries.Remove(entry); // what of it is in the cache is not known
            _cache.Close(entry.Slot);
            throw;
        }

        return _decoder.Logits(_state, 0);
    }

    public void Dispose()
    {
        _state.Dispose();
        _cache.Dispose();
    }

    /// <summary>The entry that shares the longest beginning, cut to it; at least one token is left to compute.</summary>
    private Entry Find(ReadOnlySpan<int> tokens)
    {
        Entry? best = null;
        int common = 0;
        foreach (Entry candidate in _entries)
        {
            int shared = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(candidate.Tokens).CommonPrefixLength(tokens[..^1]);
            if (shared > common) (best, common) = (candidate, shared);
        }

        if (best is not null && (2 * common >= best.Tokens.Count || _entries.Count == _capacity))
        {
            common = _cache.RollbackPoint(best.Slot, common);
            _cache.Truncate(best.Slot, common);
            best.Tokens.RemoveRange(common, best.Tokens.Count - common);
        }
        else
        {
            if (_entries.Count == _capacity)
            {
                Entry oldest = _entries.MinBy(e => e.Used)!;
                _cache.Close(oldest.Slot);
                _entries.Remove(oldest);
            }

            best = new Entry(_cache.Open());
            _entries.Add(best);
        }

        best.Used = ++_clock;
        return best;
    }

    private sealed class Entry(int slot)
    {
        internal int Slot { get; } = slot;

        internal List<int> Tokens { get; } = [];

        internal long Used { get; set; }
    }
}
