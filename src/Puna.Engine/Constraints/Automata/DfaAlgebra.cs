namespace Puna.Engine.Constraints.Automata;

/// <summary>Set operations on languages, and languages from lists.</summary>
internal static class DfaAlgebra
{
    /// <summary>Every string.</summary>
    internal static Dfa Universal { get; } = new([0, 1], [0], [0], [0]);

    /// <summary>No string.</summary>
    internal static Dfa Empty { get; } = new([0, 1], [0], [Dfa.Dead], [-1]);

    internal static bool IsUniversal(Dfa dfa) => dfa.StateCount == 1 && dfa.IsAccepting(0) && dfa.PieceCount == 1 && dfa.Next(0, 0) == 0;

    internal static Dfa Intersect(Dfa a, Dfa b) =>
        IsUniversal(a) ? b : IsUniversal(b) ? a : Product(a, b, (x, y) => x >= 0 && y >= 0 ? 0 : -1, needsBoth: true);

    internal static Dfa Union(Dfa a, Dfa b) => a.IsEmpty ? b : b.IsEmpty ? a : Product(a, b, (x, y) => x >= 0 || y >= 0 ? 0 : -1, needsBoth: false);

    /// <summary>The strings of a that are not in b.</summary>
    internal static Dfa Subtract(Dfa a, Dfa b) => b.IsEmpty ? a : Product(a, b, (x, y) => x >= 0 && y < 0 ? 0 : -1, needsBoth: false);

    internal static Dfa Complement(Dfa a) => Subtract(Universal, a);

    /// <summary>
    /// Pairs of states. A label is made of the labels of both (-1 where one does not accept or is dead).
    /// </summary>
    /// <param name="a">First automaton.</param>
    /// <param name="b">Second automaton.</param>
    /// <param name="label">Label of a pair, or -1.</param>
    /// <param name="needsBoth">Nothing is accepted once one of them is dead.</param>
    /// <exception cref="AutomatonLimitException">The result is too large.</exception>
    internal static Dfa Product(Dfa a, Dfa b, Func<int, int, int> label, bool needsBoth)
    {
        Dictionary<(int, int), int> numbers = [];
        List<(int A, int B)> pairs = [];
        int Number(int x, int y)
        {
            if ((x < 0 && y < 0) || (needsBoth && (x < 0 || y < 0))) return Dfa.Dead;
            if (numbers.TryGetValue((x, y), out int number)) return number;
            numbers.Add((x, y), pairs.Count);
            pairs.Add((x, y));
            return pairs.Count - 1;
        }

        Number(0, 0);
        DfaBuilder builder = new();
        (int Low, int High, int Target)[] dead = [(0, CodePointSet.MaxCodePoint, Dfa.Dead)];
        for (int i = 0; i < pairs.Count; i++)
        {
            (int x, int y) = pairs[i];
            builder.BeginState(label(x < 0 ? -1 : a.Label(x), y < 0 ? -1 : b.Label(y)));
            using IEnumerator<(int Low, int High, int Target)> left = (x < 0 ? dead : a.Pieces(x)).GetEnumerator(), right = (y < 0 ? dead : b.Pieces(y)).GetEnumerator();
            left.MoveNext();
            right.MoveNext();
            for (int low = 0; low <= CodePointSet.MaxCodePoint;)
            {
                builder.AddPiece(low, Number(left.Current.Target, right.Current.Target));
                int high = Math.Min(left.Current.High, right.Current.High);
                if (left.Current.High == high) left.MoveNext();
                if (right.Current.High == high) right.MoveNext();
                low = high + 1;
            }
        }

        return builder.Build();
    }

    /// <summary>Just these strings; the label of a string is its place in the list, or 0.</summary>
    /// <exception cref="AutomatonLimitException">They are too long together.</exception>
    internal static Dfa OfWords(IReadOnlyList<string> words, bool labelled = false)
    {
        List<SortedDictionary<int, int>> nodes = [[]];
        List<int> labels = [-1];
        for (int w = 0; w < words.Count; w++)
        {
            int node = 0;
            foreach (System.Text.Rune rune in words[w].EnumerateRunes())
            {
                if (!nodes[node].TryGetValue(rune.Value, out int next))
                {
                    if (nodes.Count >= AutomatonLimits.DfaStates) throw new AutomatonLimitException($"it needs more than {AutomatonLimits.DfaStates} states");
                    next = nodes.Count;
                    nodes[node].Add(rune.Value, next);
                    nodes.Add([]);
                    labels.Add(-1);
                }

                node = next;
            }

            if (labels[node] < 0) labels[node] = labelled ? w : 0;
        }

        DfaBuilder builder = new();
        for (int i = 0; i < nodes.Count; i++)
        {
            builder.BeginState(labels[i]);
            builder.AddRanges([.. nodes[i].Select(n => (n.Key, n.Key, n.Value))]);
        }

        return builder.Build();
    }

    /// <summary>Strings of least to most characters.</summary>
    internal static Dfa OfLength(int least, int most)
    {
        DfaBuilder builder = new();
        int last = most == Dfa.Unbounded ? least : most;
        for (int n = 0; n <= last; n++)
        {
            builder.BeginState(n >= least ? 0 : -1);
            builder.AddPiece(0, n < last ? n + 1 : most == Dfa.Unbounded ? n : Dfa.Dead);
        }

        return builder.Build();
    }

    /// <summary>True when both languages are the same.</summary>
    internal static bool AreEqual(Dfa a, Dfa b) => Subtract(a, b).IsEmpty && Subtract(b, a).IsEmpty;
}
