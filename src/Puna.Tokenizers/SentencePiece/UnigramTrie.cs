using System.Text;

namespace Puna.Tokenizers.SentencePiece;

/// <summary>Pieces by their characters. Edges of all nodes are in one hash table of arrays, so that a vocabulary of 250,000 pieces takes some 20 MB.</summary>
internal sealed class UnigramTrie
{
    public const int Root = 0, None = -1;

    private readonly Dictionary<long, int> _edges;
    private readonly List<int> _ids = [-1];
    private readonly List<double> _scores = [0];

    public UnigramTrie(int capacity) => _edges = new Dictionary<long, int>(capacity * 3);

    /// <summary>Adds a piece; of two that are spelled alike the first stays.</summary>
    public void Add(string piece, int id, double score)
    {
        int node = Root;
        foreach (Rune rune in piece.EnumerateRunes())
        {
            long key = Key(node, rune.Value);
            if (!_edges.TryGetValue(key, out int next))
            {
                next = _ids.Count;
                _ids.Add(-1);
                _scores.Add(0);
                _edges.Add(key, next);
            }

            node = next;
        }

        if (node == Root || _ids[node] >= 0) return;
        _ids[node] = id;
        _scores[node] = score;
    }

    /// <summary>The node behind a character, or <see cref="None"/>.</summary>
    public int Child(int node, int scalar) => _edges.TryGetValue(Key(node, scalar), out int next) ? next : None;

    /// <summary>The piece that ends at a node.</summary>
    public bool TryGetPiece(int node, out int id, out double score)
    {
        (id, score) = (_ids[node], _scores[node]);
        return id >= 0;
    }

    private static long Key(int node, int scalar) => ((long)node << 21) | (uint)scalar;
}
