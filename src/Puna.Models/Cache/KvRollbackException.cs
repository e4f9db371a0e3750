namespace Puna.Models.Cache;

/// <summary>
/// A sequence cannot go back to a position because the chunk that position lies in was dropped. Nothing was changed.
/// </summary>
public sealed class KvRollbackException : InvalidOperationException
{
    internal KvRollbackException(int slot, int requested, int earliest, int rollbackPoint)
        : base($"Sequence {slot} cannot go back to position {requested}: its chunk was finished and dropped. " +
               $"It can go back to any position from {earliest} on, or to {rollbackPoint} and be computed again from there.")
    {
        Slot = slot;
        Requested = requested;
        Earliest = earliest;
        RollbackPoint = rollbackPoint;
    }

    /// <summary>Cache slot of the sequence.</summary>
    public int Slot { get; }

    /// <summary>Position asked for.</summary>
    public int Requested { get; }

    /// <summary>Position from which on every one can be gone back to.</summary>
    public int Earliest { get; }

    /// <summary>Nearest position before <see cref="Requested"/> that needs no dropped chunk.</summary>
    public int RollbackPoint { get; }
}
