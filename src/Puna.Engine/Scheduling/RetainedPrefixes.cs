using Puna.Models.Cache;

namespace Puna.Engine.Scheduling;

/// <summary>Caches of finished sequences, kept so that a prompt that begins alike starts from them. Those longest unused go first.</summary>
internal sealed class RetainedPrefixes(KvCache cache, int capacity)
{
    private readonly List<(int Slot, int[] Tokens)> _kept = [];

    /// <summary>Slots that are kept.</summary>
    internal int Count => _kept.Count;

    /// <summary>Keeps the slot of a finished sequence, or closes it where nothing in it is of use.</summary>
    internal void Keep(Sequence sequence)
    {
        if (capacity == 0 || sequence.HasFailed || sequence.Computed == 0 || sequence.Pool is not null)
        {
            cache.Close(sequence.Slot);
            return;
        }

        if (_kept.Count == capacity) DropOldest();
        _kept.Add((sequence.Slot, [.. sequence.Tokens.Take(sequence.Computed)]));
    }

    /// <summary>Cache slot of a kept sequence.</summary>
    internal int Slot(int index) => _kept[index].Slot;

    /// <summary>Tokens of a kept sequence.</summary>
    internal int Length(int index) => _kept[index].Tokens.Length;

    /// <summary>Gives a kept slot away.</summary>
    internal int Take(int index)
    {
        int slot = _kept[index].Slot;
        _kept.RemoveAt(index);
        return slot;
    }

    /// <summary>Makes a kept slot the last to go.</summary>
    internal void Touch(int index)
    {
        (int Slot, int[] Tokens) kept = _kept[index];
        _kept.RemoveAt(index);
        _kept.Add(kept);
    }

    /// <summary>Finds the kept slot that shares the longest beginning with <paramref name="tokens"/>, at most <paramref name="limit"/> of them.</summary>
    /// <returns>Its place and how many of the tokens need not be computed again; (-1, 0) when none helps.</returns>
    internal (int Index, int Tokens) Find(IReadOnlyList<int> tokens, int limit)
    {
        int best = -1, bestLength = 0;
        for (int i = 0; i < _kept.Count; i++)
        {
            int common = 0, most = Math.Min(_kept[i].Tokens.Length, limit);
            while (common < most && _kept[i].Tokens[common] == tokens[common]) common++;

            int length = cache.RollbackPoint(_kept[i].Slot, common);
            if (length > bestLength) (best, bestLength) = (i, length);
        }

        return (best, bestLength);
    }

    /// <summary>Saves a kept slot.</summary>
    internal void Save(int index, string path, ReadOnlySpan<byte> modelHash) => cache.Save(_kept[index].Slot, path, modelHash, _kept[index].Tokens);

    /// <summary>Keeps a slot read from a file; returns its tokens.</summary>
    internal int[] Load(string path, ReadOnlySpan<byte> modelHash)
    {
        if (_kept.Count == capacity) DropOldest();
        KvSession session = cache.Load(path, modelHash);
        if (cache.FirstPos(session.Slot) is > 0 and int firstPos)
        {
            cache.Close(session.Slot);
            throw new InvalidDataException($"{path}: the sequence begins at position {firstPos}; a session of this engine begins at 0. Load a file that it saved.");
        }

        _kept.Add((session.Slot, session.Tokens));
        return [.. session.Tokens];
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
