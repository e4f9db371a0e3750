namespace Puna.Engine.Constraints.Automata;

/// <summary>Collects states and pieces, then cuts away what cannot accept and merges states that cannot be told apart.</summary>
internal sealed class DfaBuilder
{
    private readonly List<int> _firstPiece = [];
    private readonly List<int> _low = [];
    private readonly List<int> _target = [];
    private readonly List<int> _accept = [];

    internal int StateCount => _accept.Count;

    /// <summary>Begins the next state; its pieces follow, in order, the first from code point 0.</summary>
    /// <param name="accept">Label of an accepting state, or -1.</param>
    /// <exception cref="AutomatonLimitException">There are too many states or pieces.</exception>
    internal void BeginState(int accept)
    {
        if (_accept.Count >= AutomatonLimits.DfaStates) throw new AutomatonLimitException($"it needs more than {AutomatonLimits.DfaStates} states");
        if (_low.Count > AutomatonLimits.DfaPieces) throw new AutomatonLimitException($"it needs more than {AutomatonLimits.DfaPieces} transitions");
        _firstPiece.Add(_low.Count);
        _accept.Add(accept);
    }

    /// <summary>Code points from <paramref name="low"/> on, to the next piece's, lead to <paramref name="target"/>. What is said of surrogates does not count.</summary>
    internal void AddPiece(int low, int target)
    {
        if (low == CodePointSet.FirstSurrogate) low = CodePointSet.LastSurrogate + 1;
        int first = _firstPiece[^1];
        if (_low.Count > first && _low[^1] == low)
        {
            _low.RemoveAt(_low.Count - 1);
            _target.RemoveAt(_target.Count - 1);
        }

        if (_low.Count > first && _target[^1] == target) return;
        Append(low, target);
    }

    private void Append(int low, int target)
    {
        _low.Add(low);
        _target.Add(target);
    }

    /// <summary>Pieces from disjoint ranges in any order; what is between leads nowhere.</summary>
    internal void AddRanges(List<(int Low, int High, int Target)> ranges)
    {
        ranges.Sort();
        int next = 0;
        foreach ((int low, int high, int target) in ranges)
        {
            if (low > next) AddPiece(next, Dfa.Dead);
            AddPiece(low, target);
            next = high + 1;
        }

        if (next <= CodePointSet.MaxCodePoint) AddPiece(next, Dfa.Dead);
    }

    /// <summary>The automaton, trimmed and minimal (as far as that is quickly found).</summary>
    internal Dfa Build()
    {
        int[] order = LiveStates();
        Dfa trimmed = Renumber(order);
        return Minimize(trimmed);
    }

    /// <summary>New numbers of states that can accept, in order of discovery from the start; -1 for others.</summary>
    private int[] LiveStates()
    {
        int count = StateCount;
        List<int>[] sources = new List<int>[count];
        for (int q = 0; q < count; q++) sources[q] = [];
        for (int q = 0; q < count; q++)
        {
            for (int i = _firstPiece[q]; i < PieceEnd(q); i++)
            {
                if (_target[i] >= 0) sources[_target[i]].Add(q);
            }
        }

        bool[] accepts = new bool[count];
        Stack<int> stack = new();
        for (int q = 0; q < count; q++)
        {
            if (_accept[q] < 0) continue;
            accepts[q] = true;
            stack.Push(q);
        }

        while (stack.TryPop(out int q))
        {
            foreach (int source in sources[q])
            {
                if (accepts[source]) continue;
                accepts[source] = true;
                stack.Push(source);
            }
        }

        int[] order = new int[count];
        Array.Fill(order, -1);
        if (!accepts[0]) return order;

        int next = 0;
        Queue<int> queue = new();
        order[0] = next++;
        queue.Enqueue(0);
        while (queue.TryDequeue(out int q))
        {
            for (int i = _firstPiece[q]; i < PieceEnd(q); i++)
            {
                int target = _target[i];
                if (target < 0 || !accepts[target] || order[target] >= 0) continue;
                order[target] = next++;
                queue.Enqueue(target);
            }
        }

        return order;
    }

    private int PieceEnd(int q) => q + 1 < _firstPiece.Count ? _firstPiece[q + 1] : _low.Count;

    private Dfa Renumber(int[] order)
    {
        int count = order.Max() + 1;
        if (count == 0) return new Dfa([0, 1], [0], [Dfa.Dead], [-1]);

        int[] old = new int[count];
        for (int q = 0; q < order.Length; q++)
        {
            if (order[q] >= 0) old[order[q]] = q;
        }

        DfaBuilder result = new();
        foreach (int q in old)
        {
            result.BeginState(_accept[q]);
            for (int i = _firstPiece[q]; i < PieceEnd(q); i++) result.AddPiece(_low[i], _target[i] < 0 ? Dfa.Dead : order[_target[i]]);
        }

        return result.ToDfa();
    }

    private Dfa ToDfa() => new([.. _firstPiece, _low.Count], [.. _low], [.. _target], [.. _accept]);

    /// <summary>
    /// Moore's refinement. It takes as many rounds as the longest word that tells two states apart, so long chains, which have nothing
    /// to merge, are left as they are.
    /// </summary>
    private static Dfa Minimize(Dfa dfa)
    {
        const int MaxRounds = 40;
        int count = dfa.StateCount;
        if (count is 1 or > 3000) return dfa;

        int[] group = new int[count];
        for (int q = 0; q < count; q++) group[q] = dfa.Label(q) + 1;
        int groups = group.Distinct().Count();
        for (int round = 0; ; round++)
        {
            if (round == MaxRounds) return dfa;

            Dictionary<Signature, int> numbers = [];
            int[] refined = new int[count];
            for (int q = 0; q < count; q++)
            {
                Signature signature = Signature.Of(dfa, q, group);
                if (!numbers.TryGetValue(signature, out int number)) numbers.Add(signature, number = numbers.Count);
                refined[q] = number;
            }

            bool stable = numbers.Count == groups;
            (group, groups) = (refined, numbers.Count);
            if (groups == count) return dfa;
            if (stable) break;
        }

        // Groups are numbered in order of their first state, so the start stays 0.
        DfaBuilder result = new();
        int done = 0;
        for (int q = 0; q < count; q++)
        {
            if (group[q] != done) continue;
            result.BeginState(dfa.Label(q));
            foreach ((int low, _, int target) in dfa.Pieces(q)) result.AddPiece(low, target < 0 ? Dfa.Dead : group[target]);
            done++;
        }

        return result.ToDfa();
    }

    /// <summary>What tells a state from others in one round: its group and the groups its code points lead to.</summary>
    private readonly struct Signature : IEquatable<Signature>
    {
        private readonly int[] _parts;
        private readonly int _hash;

        private Signature(int[] parts)
        {
            _parts = parts;
            HashCode hash = default;
            foreach (int part in parts) hash.Add(part);
            _hash = hash.ToHashCode();
        }

        internal static Signature Of(Dfa dfa, int state, int[] group)
        {
            List<int> parts = [group[state]];
            int last = int.MinValue;
            foreach ((int low, _, int target) in dfa.Pieces(state))
            {
                int to = target < 0 ? -1 : group[target];
                if (to == last) continue;
                parts.Add(low);
                parts.Add(to);
                last = to;
            }

            return new Signature([.. parts]);
        }

        public bool Equals(Signature other) => _hash == other._hash && _parts.AsSpan().SequenceEqual(other._parts);

        public override bool Equals(object? obj) => obj is Signature other && Equals(other);

        public override int GetHashCode() => _hash;
    }
}
