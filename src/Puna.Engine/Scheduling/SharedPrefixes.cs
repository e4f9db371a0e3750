using Puna.Models.Cache;

namespace Puna.Engine.Scheduling;

/// <summary>
/// Finds the cache slot a new sequence starts from: a retained one that is of no more use to others, or a fork of one, retained or
/// running, that begins alike. Forks share pages, and a token's keys and values do not depend on who computed them, so
/// what is reused changes no bit of the answer.
/// </summary>
internal sealed class SharedPrefixes(KvCache cache, RetainedPrefixes retained, IReadOnlyList<Sequence> active)
{
    /// <summary>Fewest tokens worth a fork or worth keeping: fewer are computed again as fast as a page is copied.</summary>
    internal const int FewestTokens = 16;

    /// <summary>
    /// True while a running sequence has still to compute tokens that this one begins with, more than are to be had now:
    /// waiting for it costs less than computing them twice.
    /// </summary>
    internal bool IsWorthWaiting(Sequence sequence)
    {
        if (sequence.Pool is not null) return false; // every hidden state of it is wanted

        int limit = sequence.Tokens.Count - 1, coming = 0;
        foreach (Sequence other in active)
        {
            if (other == sequence || other.IsFinished) continue;

            int common = Common(sequence.Tokens, other.Tokens, limit);
            if (common > other.Computed) coming = Math.Max(coming, common);
        }

        return coming >= FewestTokens && coming - Best(sequence, limit).Tokens >= FewestTokens;
    }

    /// <summary>Opens a slot for a sequence. At least its last token is left to compute, since its logits are wanted.</summary>
    /// <returns>The slot and the number of tokens that it holds.</returns>
    internal (int Slot, int Tokens) Open(Sequence sequence)
    {
        if (sequence.Pool is not null) return (cache.Open(), 0);

        (int slot, int tokens, int retainedIndex) = Best(sequence, sequence.Tokens.Count - 1);
        if (retainedIndex >= 0 && retained.Length(retainedIndex) - tokens < FewestTokens)
        {
            slot = retained.Take(retainedIndex);
            cache.Truncate(slot, tokens);
            return (slot, tokens);
        }

        if (tokens < FewestTokens) return (cache.Open(), 0);

        if (retainedIndex >= 0) retained.Touch(retainedIndex);
        int fork = cache.Fork(slot);
        cache.Truncate(fork, tokens);
        return (fork, tokens);
    }

    private (int Slot, int Tokens, int RetainedIndex) Best(Sequence sequence, int limit)
    {
        (int index, int length) = retained.Find(sequence.Tokens, limit);
        (int Slot, int Tokens, int Index) best = index < 0 ? (-1, 0, -1) : (retained.Slot(index), length, index);
        foreach (Sequence other in active)
        {
            if (other == sequence || other.Computed <= best.Tokens || other.HasFailed) continue;

            int common = Common(sequence.Tokens, other.Tokens, Math.Min(limit, other.Computed));
            int tokens = cache.RollbackPoint(other.Slot, common);
            if (tokens > best.Tokens) best = (other.Slot, tokens, -1);
        }

        return best;
    }

    private static int Common(IReadOnlyList<int> a, IReadOnlyList<int> b, int limit)
    {
        int most = Math.Min(limit, Math.Min(a.Count, b.Count)), common = 0;
        while (common < most && a[common] == b[common]) common++;
        return common;
    }
}
