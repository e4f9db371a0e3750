using Puna.Models.Cache;

namespace Puna.Engine.Scheduling;

/// <summary>Caches of finished sequences, kept so that a prompt that begins alike starts from them. Oldest go first.</summary>
internal sealed class RetainedPrefixes(KvCache cache, int capacity)
{
    private readonly List<(int Slot, int[] Tokens)> _kept = [];

    /// <summary>Keeps the slot of a finished sequence, or closes it.</summary>
    internal void Keep(Sequence sequence)
    {
        if (capacity == 0)
        {
            cache.Close(sequence.Slot);
            return;
        }

        if (_kept.Count == capacity) DropOldest();
        _kept.Add((sequence.Slot, [.. sequence.Tokens.Take(sequence.Computed)]));
    }

    /// <summary>
    /// Takes the kept slot that shares the longest beginning with <paramref name="tokens"/>, cut back to it. At least the
    /// last token is left to compute, since its logits are wanted.
    /// </summary>
    /// <returns>The slot and the number of tokens it holds; (-1, 0) when none helps.</returns>
    internal (int Slot, int Tokens) Take(IReadOnlyList<int> tokens)
    {
        int best = -1, bestLength = 0;
        for (int i = 0; i < _kept.Count; i++)
        {
            int common = 0, limit = Math.Min(_kept[i].Tokens.Length, tokens.Count - 1);
            while (common < limit && _kept[i].Tokens[common] == tokens[common]) common++;

            int length = cache.RollbackPoint(_kept[i].Slot, common);
            if (length > bestLength) (best, bestLength) = (i, length);
        }

        if (best < 0) return (-1, 0);

        int slot = _kept[best].Slot;
        _kept.RemoveAt(best);
        cache.Truncate(slot, bestLength);
        return (slot, bestLength);
    }

    /// <summary>Closes the slot kept longest; false when there is none.</summary>
    internal bool DropOldest()
    {
        if (_kept.Count == 0) return false;

        cache.Close(_kept[0].Slot);
        _kept.RemoveAt(0);
        return true;
    }
}
