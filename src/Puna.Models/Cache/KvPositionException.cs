namespace Puna.Models.Cache;

/// <summary>A row of a batch does not continue its sequence. Nothing was changed.</summary>
public sealed class KvPositionException : ArgumentException
{
    internal KvPositionException(int row, int slot, int position, int expected)
        : base($"Row {row} of the batch is at position {position} of sequence {slot}, whose next position is {expected}. " +
               "Add rows in order of position without gaps, or truncate the sequence first.")
    {
        Row = row;
        Slot = slot;
        Position = position;
        Expected = expected;
    }

    /// <summary>Row of the batch.</summary>
    public int Row { get; }

    /// <summary>Cache slot of the sequence.</summary>
    public int Slot { get; }

    /// <summary>Position of the row.</summary>
    public int Position { get; }

    /// <summary>Position that would continue the sequence.</summary>
    public int Expected { get; }
}
