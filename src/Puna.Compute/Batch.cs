namespace Puna.Compute;

/// <summary>
/// The rows of one forward pass, from any number of sequences: a prompt, a piece of one, decoding chats, or all of these
/// at once. Row r carries a token id, its absolute position and the slot of its sequence in the cache. Reused between
/// steps without allocating. Not safe for concurrent use.
/// </summary>
/// <remarks>Rows of one sequence come in increasing position; rows of different sequences may be mixed freely.</remarks>
public sealed class Batch
{
    private readonly int[] _tokens;
    private readonly int[] _positions;
    private readonly int[] _sequences;
    private readonly int[] _logitRows;
    private int _logitCount;

    /// <summary>An empty batch.</summary>
    /// <param name="maxRows">Most rows it will ever hold, at least 1.</param>
    public Batch(int maxRows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRows, 1);
        _tokens = new int[maxRows];
        _positions = new int[maxRows];
        _sequences = new int[maxRows];
        _logitRows = new int[maxRows];
    }

    /// <summary>Rows held.</summary>
    public int Rows { get; private set; }

    /// <summary>Most rows.</summary>
    public int Capacity => _tokens.Length;

    /// <summary>Token id of each row.</summary>
    public ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, Rows);

    /// <summary>Absolute position of each row in its sequence, 0-based.</summary>
    public ReadOnlySpan<int> Positions => _positions.AsSpan(0, Rows);

    /// <summary>Cache slot of each row's sequence.</summary>
    public ReadOnlySpan<int> Sequences => _sequences.AsSpan(0, Rows);

    /// <summary>Rows whose logits are asked for, increasing.</summary>
    public ReadOnlySpan<int> LogitRows => _logitRows.AsSpan(0, _logitCount);

    /// <summary>Asks for the final hidden state of every row, too.</summary>
    public bool NeedsHidden { get; set; }

    /// <summary>Removes all rows.</summary>
    public void Clear()
    {
        Rows = 0;
        NeedsHidden = false;
        _logitCount = 0;
    }

    /// <summary>Appends a row.</summary>
    /// <exception cref="InvalidOperationException">The batch is full.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The position or the slot is negative.</exception>
    public void Add(int token, int position, int sequence, bool needsLogits)
    {
        if (Rows == Capacity) throw new InvalidOperationException($"The batch is full: it holds at most {Capacity} rows.");
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfNegative(sequence);

        _tokens[Rows] = token;
        _positions[Rows] = position;
        _sequences[Rows] = sequence;
        if (needsLogits) _logitRows[_logitCount++] = Rows;
        Rows++;
    }
}
