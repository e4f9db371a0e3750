namespace Puna.Compute.Cpu.Attention;

/// <summary>The rows of a batch grouped by sequence, in order of position, and cut into blocks.</summary>
internal sealed class RowBlocks
{
    private int[] _rows = [];
    private int[] _ends = [];
    private int[] _next = [];

    /// <summary>Blocks.</summary>
    public int Count { get; private set; }

    /// <summary>Rows of block <paramref name="block"/>.</summary>
    public ReadOnlySpan<int> Rows(int block)
    {
        int first = block == 0 ? 0 : _ends[block - 1];
        return _rows.AsSpan(first, _ends[block] - first);
    }

    /// <summary>Groups the rows of <paramref name="batch"/> into blocks of at most <paramref name="maxRows"/>.</summary>
    /// <exception cref="ArgumentException">The positions of a sequence do not increase.</exception>
    public void Build(Batch batch, int maxRows)
    {
        ReadOnlySpan<int> sequences = batch.Sequences, positions = batch.Positions;
        int slots = 0;
        foreach (int sequence in sequences) slots = Math.Max(slots, sequence + 1);
        if (_rows.Length < batch.Capacity) (_rows, _ends) = (new int[batch.Capacity], new int[batch.Capacity]);
        if (_next.Length < slots) _next = new int[slots];

        // A counting sort, which keeps the order of the rows of a sequence.
        Array.Clear(_next);
        foreach (int sequence in sequences) _next[sequence]++;
        int end = 0;
        for (int s = 0; s < slots; s++) (_next[s], end) = (end, end + _next[s]);
        for (int r = 0; r < sequences.Length; r++) _rows[_next[sequences[r]]++] = r;

        Count = 0;
        for (int i = 0, inBlock = 0; i < sequences.Length; i++)
        {
            bool sameSequence = i > 0 && sequences[_rows[i]] == sequences[_rows[i - 1]];
            if (sameSequence && positions[_rows[i]] <= positions[_rows[i - 1]])
                throw new ArgumentException($"Attention: row {_rows[i]} of sequence {sequences[_rows[i]]} is at position {positions[_rows[i]]}, after {positions[_rows[i - 1]]}. Add the rows of a sequence in increasing position.");

            inBlock = sameSequence && inBlock < maxRows ? inBlock + 1 : 1;
            if (inBlock == 1) Count++;
            _ends[Count - 1] = i + 1;
        }
    }
}
