using Puna.Compute;
using Puna.Engine.Constraints;
using Puna.Engine.Sampling;
using Puna.Engine.Scheduling;
using Puna.Models;
using Puna.Models.Cache;

namespace Puna.Engine.Drafting;

/// <summary>
/// Guesses by a smaller model with the same vocabulary: its most likely token, as often as wanted, for all sequences side by side. It has a
/// cache of its own, which follows the sequences and is taken back where they went another way.
/// </summary>
internal sealed class DraftModel : IDrafter
{
    private readonly Models.Decoder _decoder;
    private readonly KvCache _cache;
    private readonly DecoderState _state;
    private readonly Batch _batch;
    private readonly Sampler _greedy;
    private readonly int _draftTokens;
    private readonly List<Follower> _followers = [];
    private readonly List<Follower> _growing = []; // those whose drafts grow in the pass at hand

    /// <summary>A drafter over a model that outlives it.</summary>
    /// <param name="decoder">The model.</param>
    /// <param name="sequences">Most sequences at once.</param>
    /// <param name="batchTokens">Most rows of a pass, at least as many as sequences.</param>
    /// <param name="draftTokens">Most tokens of a draft.</param>
    /// <param name="cacheOptions">Element type and limit of its cache.</param>
    internal DraftModel(Models.Decoder decoder, int sequences, int batchTokens, int draftTokens, KvCacheOptions cacheOptions)
    {
        _decoder = decoder;
        _cache = decoder.CreateCache(cacheOptions with { MaxSequences = sequences, KeepForRollback = draftTokens });
        _state = decoder.CreateState(batchTokens, sequences);
        _batch = new Batch(batchTokens);
        _greedy = new Sampler(SamplingOptions.Greedy, decoder.Config.VocabSize, maxTokens: 1);
        _draftTokens = draftTokens;
    }

    public long UsedBytes => _cache.UsedBytes;

    public long AllocatedBytes => _cache.AllocatedBytes;

    public void Propose(IReadOnlyList<Sequence> sequences)
    {
        _batch.Clear();
        _growing.Clear();
        foreach (Sequence sequence in sequences)
        {
            if (sequence.Draft is not { Wanted: > 0 } draft || sequence.Tokens.Count + draft.Wanted > _decoder.Config.ContextLength) continue;

            Follower follower = FollowerOf(sequence);
            CatchUp(follower);
        }

        while (_batch.Rows > 0 && TryForward()) Grow();

        foreach (Follower follower in _growing) follower.Remember();
    }

    public void Release(Sequence sequence)
    {
        int index = _followers.FindIndex(f => f.Sequence == sequence);
        if (index < 0) return;

        _cache.Close(_followers[index].Slot);
        _followers.RemoveAt(index);
    }

    public void Dispose()
    {
        _state.Dispose();
        _cache.Dispose();
    }

    private Follower FollowerOf(Sequence sequence)
    {
        Follower? follower = _followers.Find(f => f.Sequence == sequence);
        if (follower is null) _followers.Add(follower = new Follower(sequence, _cache.Open(), _draftTokens));
        return follower;
    }

    /// <summary>Takes back what was guessed wrong, and puts into the batch what the sequence has gained.</summary>
    private void CatchUp(Follower follower)
    {
        IReadOnlyList<int> tokens = follower.Sequence.Tokens;
        int held = _cache.NextPos(follower.Slot), right = follower.FirstDifference(held);
        if (right < held) _cache.Truncate(follower.Slot, right);

        follower.Base = tokens.Count;
        int end = Math.Min(tokens.Count, right + _batch.Capacity - _batch.Rows);
        for (int pos = right; pos < end; pos++) _batch.Add(tokens[pos], pos, follower.Slot, needsLogits: pos == tokens.Count - 1);
        _growing.Add(follower);
    }

    /// <summary>Runs the model; where there is no room, the youngest sequence goes without drafts from now on.</summary>
    private bool TryForward()
    {
        try
        {
            _decoder.Forward(_batch, _cache, _state);
            return true;
        }
        catch (KvCacheFullException)
        {
            Sequence youngest = _followers[^1].Sequence;
            youngest.Draft!.Stop();
            _growing.RemoveAll(f => f.Sequence == youngest);
            Release(youngest);
            return false;
        }
    }

    /// <summary>Adds the likeliest token to every draft that has logits, and fills the batch with those that go on.</summary>
    private void Grow()
    {
        Span<(int Slot, int Id)> next = stackalloc (int, int)[_batch.LogitRows.Length];
        int count = 0;
        for (int i = 0; i < _batch.LogitRows.Length; i++)
        {
            int slot = _batch.Sequences[_batch.LogitRows[i]];
            Draft draft = _growing.Find(f => f.Slot == slot)!.Sequence.Draft!;
            try
            {
                int id = _greedy.Sample(_decoder.Logits(_state, i), draft.AllowedTokens()).Id;
                if (draft.TryAdd(id) && draft.Count < draft.Wanted) next[count++] = (slot, id);
            }
            catch (Exception error) when (error is InvalidLogitsException or NoTokenAllowedException or ConstraintException)
            {
                draft.Stop(); // a guess that fails is no fault of the answer
            }
        }

        _batch.Clear();
        foreach ((int slot, int id) in next[..count]) _batch.Add(id, _cache.NextPos(slot), slot, needsLogits: true);
    }

    /// <summary>A sequence in this model's cache.</summary>
    private sealed class Follower(Sequence sequence, int slot, int draftTokens)
    {
        private readonly int[] _drafted = new int[draftTokens];

        internal Sequence Sequence => sequence;

        internal int Slot => slot;

        /// <summary>Tokens that the sequence had when its last draft was made: the cache holds some or all of them, and behind them the draft.</summary>
        internal int Base { get; set; }

        /// <summary>Keeps the draft, to compare it with what is chosen.</summary>
        internal void Remember() => sequence.Draft!.Tokens.CopyTo(_drafted);

        /// <summary>Of the positions held, how many hold the sequence's tokens. Its last token is left to compute, since its logits are wanted.</summary>
        internal int FirstDifference(int held)
        {
            int pos = Math.Min(held, Math.Min(Base, sequence.Tokens.Count - 1));
            while (pos < held && pos < sequence.Tokens.Count - 1 && sequence.Tokens[pos] == _drafted[pos - Base]) pos++;
            return pos;
        }
    }
}
