using Puna.Compute.Cpu.Activation;
using Puna.Compute.Cpu.MatMul;
using Puna.Compute.Cpu.MatMul.Blocks;

namespace Puna.Compute.Cpu.Experts;

/// <summary>
/// Which experts the rows of a call go to. Every (row, expert) pair has a slot; the slots of an expert are neighbours, in
/// order of rows, and experts follow each other in increasing index. Large groups start on a tile, which leaves a few
/// slots without a row between them.
/// </summary>
internal sealed class ExpertRouting
{
    private int[] _chosen = [], _counts = [], _next = [], _rows = [];
    private float[] _scores = [];
    private (int Expert, RowGroup Group)[] _groups = [];

    /// <summary>Experts with at least one row.</summary>
    public int Active { get; private set; }

    /// <summary>Slots, those between groups included.</summary>
    public int Slots { get; private set; }

    /// <summary>The slots of the i-th active expert.</summary>
    public (int Expert, RowGroup Group) this[int i] => _groups[i];

    /// <summary>Row of x and y that a slot stands for.</summary>
    public int Row(int slot) => _rows[slot];

    /// <summary>Factor of the expert's input, sigmoid(r_e).</summary>
    public float Score(int slot) => _scores[slot];

    /// <summary>Gives each row its <paramref name="topK"/> experts of largest logit, the lowest index first on a tie.</summary>
    public void Choose(HostActivations logits, int rows, int topK)
    {
        int experts = logits.Width, pairs = checked(rows * topK);
        Grow(ref _chosen, pairs);
        Grow(ref _counts, experts);
        Grow(ref _next, experts);
        if (_groups.Length < experts) Array.Resize(ref _groups, experts);
        Array.Clear(_counts, 0, experts);
        for (int r = 0; r < rows; r++)
        {
            Span<int> chosen = _chosen.AsSpan(r * topK, topK);
            Choose(logits.Row(r), chosen);
            foreach (int expert in chosen) _counts[expert]++;
        }

        Group(experts);
        Grow(ref _rows, Slots);
        if (_scores.Length < Slots) Array.Resize(ref _scores, Slots);
        for (int r = 0; r < rows; r++)
        {
            foreach (int expert in _chosen.AsSpan(r * topK, topK))
            {
                int slot = _next[expert]++;
                _rows[slot] = r;
                _scores[slot] = 1f / (1f + VectorExp.Exp(-logits.Row(r)[expert]));
            }
        }
    }

    private void Group(int experts)
    {
        (Active, Slots) = (0, 0);
        for (int expert = 0; expert < experts; expert++)
        {
            int count = _counts[expert];
            if (count == 0) continue;

            if (count >= QuantizedActivations.TileFromRows) Slots = (Slots + TokenTile.Tokens - 1) / TokenTile.Tokens * TokenTile.Tokens;
            _next[expert] = Slots;
            _groups[Active++] = (expert, new RowGroup(Slots, count));
            Slots += count;
        }
    }

    private static void Choose(ReadOnlySpan<float> logits, Span<int> chosen)
    {
        for (int i = 0; i < chosen.Length; i++)
        {
            int best = -1;
            for (int expert = 0; expert < logits.Length; expert++)
            {
                if (best >= 0 && !(logits[expert] > logits[best])) continue;
                if (!chosen[..i].Contains(expert)) best = expert;
            }

            chosen[i] = best;
        }
    }

    private static void Grow(ref int[] array, int length)
    {
        if (array.Length < length) Array.Resize(ref array, length);
    }
}
