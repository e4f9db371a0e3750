namespace Puna.Engine.Constraints.Automata;

/// <summary>
/// A nondeterministic automaton under construction: moves on sets of code points, free moves, and moves that are free only at the
/// beginning or only at the end of the text.
/// </summary>
internal sealed class Nfa
{
    private readonly List<List<(CodePointSet Set, int Target)>> _moves = [];
    private readonly List<List<(NfaMove Kind, int Target)>> _free = [];
    private readonly Dictionary<int, int> _labels = [];
    private int _moveCount;
    private long _work;

    internal int StateCount => _moves.Count;

    /// <exception cref="AutomatonLimitException">There are too many states.</exception>
    internal int AddState()
    {
        if (_moves.Count >= AutomatonLimits.NfaStates) throw new AutomatonLimitException($"it needs more than {AutomatonLimits.NfaStates} states");
        _moves.Add([]);
        _free.Add([]);
        return _moves.Count - 1;
    }

    /// <exception cref="AutomatonLimitException">There are too many moves.</exception>
    internal void AddMove(int from, CodePointSet set, int to)
    {
        if (set.IsEmpty) return;
        CountMove();
        _moves[from].Add((set, to));
    }

    /// <exception cref="AutomatonLimitException">There are too many moves.</exception>
    internal void AddFree(int from, int to, NfaMove kind = NfaMove.Always)
    {
        CountMove();
        _free[from].Add((kind, to));
    }

    /// <summary>The state accepts, with a label; of several labels the lowest wins.</summary>
    internal void Accept(int state, int label = 0) => _labels[state] = label;

    /// <summary>Adds a deterministic automaton; from its accepting states a free move leads to <paramref name="to"/>.</summary>
    internal void Embed(Dfa dfa, int from, int to)
    {
        int first = StateCount;
        for (int q = 0; q < dfa.StateCount; q++) AddState();
        AddFree(from, first);
        for (int q = 0; q < dfa.StateCount; q++)
        {
            foreach ((int low, int high, int target) in dfa.Pieces(q))
            {
                if (target >= 0) AddMove(first + q, CodePointSet.Of((low, high)), first + target);
            }

            if (dfa.IsAccepting(q)) AddFree(first + q, to);
        }
    }

    /// <summary>The subset construction.</summary>
    /// <exception cref="AutomatonLimitException">The result is too large.</exception>
    internal Dfa Determinize(int start)
    {
        Dictionary<Subset, int> numbers = [];
        List<int[]> subsets = [];
        long members = 0;
        bool[] seen = new bool[StateCount];
        DfaBuilder builder = new();
        HashSet<int> universal = FindUniversal();

        int Number(List<int> states)
        {
            states.Sort();
            Subset subset = new([.. states]);
            if (numbers.TryGetValue(subset, out int number)) return number;

            members += states.Count;
            if (members > AutomatonLimits.SubsetMembers) throw new AutomatonLimitException("too many combinations of its states are possible");
            numbers.Add(subset, subsets.Count);
            subsets.Add(subset.States);
            return subsets.Count - 1;
        }

        // The start counts as the beginning of the text; no move leads back to it, since it alone passes moves for the beginning.
        List<int> first = Close([start], atStart: true, atEnd: false, seen, universal);
        Number([.. first, -1]); // -1 marks the subset at the beginning
        for (int q = 0; q < subsets.Count; q++)
        {
            int[] subset = subsets[q];
            bool atStart = subset.Length > 0 && subset[0] == -1;
            if (atStart) subset = subset[1..];
            builder.BeginState(LabelOf(Close(subset, atStart, atEnd: true, seen, universal)));

            List<int> bounds = [0];
            foreach (int state in subset)
            {
                foreach ((CodePointSet set, _) in _moves[state])
                {
                    foreach ((int low, int high) in set.Ranges)
                    {
                        bounds.Add(low);
                        if (high < CodePointSet.MaxCodePoint) bounds.Add(high + 1);
                    }
                }
            }

            AddPieces(builder, subset, bounds, targets => targets.Count == 0 ? Dfa.Dead : Number(Close(targets, false, false, seen, universal)));
        }

        return builder.Build();
    }

    private void CountMove()
    {
        if (++_moveCount > AutomatonLimits.NfaMoves) throw new AutomatonLimitException($"it needs more than {AutomatonLimits.NfaMoves} moves between its states");
    }

    private void AddPieces(DfaBuilder builder, int[] subset, List<int> bounds, Func<List<int>, int> number)
    {
        bounds.Sort();
        int[] lows = [.. bounds.Distinct()];
        List<int>[] targets = new List<int>[lows.Length];
        for (int i = 0; i < lows.Length; i++) targets[i] = [];
        foreach (int state in subset)
        {
            foreach ((CodePointSet set, int target) in _moves[state])
            {
                _work += set.Ranges.Length;
                if (_work > AutomatonLimits.Work) throw new AutomatonLimitException("making it deterministic takes too long");
                foreach ((int low, int high) in set.Ranges)
                {
                    for (int i = Array.BinarySearch(lows, low); i < lows.Length && lows[i] <= high; i++) targets[i].Add(target);
                }
            }
        }

        for (int i = 0; i < lows.Length; i++)
        {
            if (i > 0 && targets[i].SequenceEqual(targets[i - 1])) continue; // the piece before goes on
            builder.AddPiece(lows[i], number([.. targets[i].Distinct()]));
        }
    }

    private int LabelOf(List<int> states)
    {
        int label = -1;
        foreach (int state in states)
        {
            if (_labels.TryGetValue(state, out int own) && (label < 0 || own < label)) label = own;
        }

        return label;
    }

    /// <summary>All states reached by free moves. A set that accepts whatever comes is cut down to the state that says so.</summary>
    private List<int> Close(IEnumerable<int> states, bool atStart, bool atEnd, bool[] seen, HashSet<int> universal)
    {
        List<int> closed = [];
        foreach (int state in states)
        {
            if (seen[state]) continue;
            seen[state] = true;
            closed.Add(state);
        }

        for (int i = 0; i < closed.Count; i++)
        {
            foreach ((NfaMove kind, int target) in _free[closed[i]])
            {
                bool passes = kind switch { NfaMove.AtStart => atStart, NfaMove.AtEnd => atEnd, _ => true };
                if (!passes || seen[target]) continue;
                seen[target] = true;
                closed.Add(target);
            }
        }

        foreach (int state in closed) seen[state] = false;
        if (atEnd) return closed;

        foreach (int state in closed)
        {
            if (universal.Contains(state)) return [state];
        }

        return closed;
    }

    /// <summary>Accepting states that every code point leads back to: with one of them in a set, the others say nothing.</summary>
    private HashSet<int> FindUniversal()
    {
        HashSet<int> found = [];
        if (_labels.Values.Any(label => label != 0)) return found;
        foreach (int state in _labels.Keys)
        {
            if (_moves[state].Any(m => m.Target == state && m.Set.Ranges.Length == 2 && m.Set.Ranges[0].Low == 0 && m.Set.Ranges[1].High == CodePointSet.MaxCodePoint && m.Set.Ranges[0].High == CodePointSet.FirstSurrogate - 1 && m.Set.Ranges[1].Low == CodePointSet.LastSurrogate + 1))
                found.Add(state);
        }

        return found;
    }

    /// <summary>A set of states, compared by members.</summary>
    private readonly struct Subset : IEquatable<Subset>
    {
        private readonly int _hash;

        internal Subset(int[] states)
        {
            States = states;
            HashCode hash = default;
            foreach (int state in states) hash.Add(state);
            _hash = hash.ToHashCode();
        }

        internal int[] States { get; }

        public bool Equals(Subset other) => _hash == other._hash && States.AsSpan().SequenceEqual(other.States);

        public override bool Equals(object? obj) => obj is Subset other && Equals(other);

        public override int GetHashCode() => _hash;
    }
}
