namespace Puna.Engine.Constraints.Automata;

/// <summary>
/// A deterministic automaton over Unicode scalar values. State 0 is the start. From every state an accepting one can be reached, but
/// for the start of the empty language. Immutable.
/// </summary>
internal sealed class Dfa
{
    /// <summary>No state: the text is outside the language whatever follows.</summary>
    internal const int Dead = -1;

    /// <summary>Some code points of a block lead to different states.</summary>
    internal const int Mixed = -2;

    /// <summary>A number of words or characters with no bound.</summary>
    internal const int Unbounded = int.MaxValue;

    private readonly int[] _firstPiece; // pieces of state q: _firstPiece[q] .. _firstPiece[q + 1]
    private readonly int[] _pieceLow;   // a piece reaches to the next one's start; a state's first piece starts at 0
    private readonly int[] _pieceTarget;
    private readonly int[] _accept;     // -1, or what the state accepts

    private int[]? _shortest;
    private int[]? _longest;
    private CodePointSet?[]? _loops;

    internal Dfa(int[] firstPiece, int[] pieceLow, int[] pieceTarget, int[] accept)
    {
        (_firstPiece, _pieceLow, _pieceTarget, _accept) = (firstPiece, pieceLow, pieceTarget, accept);
    }

    internal int StateCount => _accept.Length;

    internal int PieceCount => _pieceLow.Length;

    internal bool IsEmpty => StateCount == 1 && _accept[0] < 0 && Pieces(0).All(p => p.Target == Dead);

    internal bool IsAccepting(int state) => _accept[state] >= 0;

    /// <summary>Label of an accepting state, 0 where labels are of no interest; -1 for others.</summary>
    internal int Label(int state) => _accept[state];

    /// <summary>The state after one more code point, or <see cref="Dead"/>.</summary>
    internal int Next(int state, int codePoint) => _pieceTarget[PieceOf(state, codePoint)];

    /// <summary>Where all of low to high lead: one state, <see cref="Dead"/>, or <see cref="Mixed"/>.</summary>
    internal int NextOfBlock(int state, int low, int high)
    {
        int piece = PieceOf(state, low), last = _firstPiece[state + 1] - 1;
        int target = _pieceTarget[piece];
        while (piece < last && _pieceLow[piece + 1] <= high)
        {
            piece++;
            if (_pieceTarget[piece] != target) return Mixed;
        }

        return target;
    }

    /// <summary>Whether some code point of low to high leads to a state.</summary>
    internal bool CanMove(int state, int low, int high) => low <= high && NextOfBlock(state, low, high) != Dead;

    /// <summary>True when the state has no way on.</summary>
    internal bool IsLast(int state) => _firstPiece[state + 1] - _firstPiece[state] == 1 && _pieceTarget[_firstPiece[state]] == Dead;

    /// <summary>The pieces of a state: ranges of code points and where they lead.</summary>
    internal IEnumerable<(int Low, int High, int Target)> Pieces(int state)
    {
        for (int i = _firstPiece[state]; i < _firstPiece[state + 1]; i++)
            yield return (_pieceLow[i], i + 1 < _firstPiece[state + 1] ? _pieceLow[i + 1] - 1 : CodePointSet.MaxCodePoint, _pieceTarget[i]);
    }

    /// <summary>Code points that lead from the state to itself.</summary>
    internal CodePointSet Loop(int state)
    {
        _loops ??= new CodePointSet?[StateCount];
        return _loops[state] ??= CodePointSet.Of(Pieces(state).Where(p => p.Target == state).Select(p => (p.Low, p.High)));
    }

    /// <summary>Fewest characters from the state to an accepting one.</summary>
    internal int Shortest(int state) => (_shortest ??= FindShortest())[state];

    /// <summary>Most characters from the state to an accepting one, or <see cref="Unbounded"/>.</summary>
    internal int Longest(int state) => (_longest ??= FindLongest())[state];

    internal bool Accepts(ReadOnlySpan<char> text)
    {
        int state = 0;
        foreach (System.Text.Rune rune in text.EnumerateRunes())
        {
            state = Next(state, rune.Value);
            if (state == Dead) return false;
        }

        return IsAccepting(state);
    }

    /// <summary>The words of a finite language in order, or null when there are more than <paramref name="limit"/>.</summary>
    internal List<string>? Words(int limit)
    {
        if (IsEmpty) return [];
        if (Longest(0) > 4096) return null;

        List<string> words = [];
        System.Text.StringBuilder text = new();
        return Visit(0) ? words : null;

        bool Visit(int state)
        {
            if (IsAccepting(state)) words.Add(text.ToString());
            if (words.Count > limit) return false;
            foreach ((int low, int high, int target) in Pieces(state))
            {
                if (target == Dead) continue;
                if (high - low >= limit) return false;
                for (int c = low; c <= high; c++)
                {
                    if (c is >= CodePointSet.FirstSurrogate and <= CodePointSet.LastSurrogate) continue;
                    int length = text.Length;
                    text.Append(char.ConvertFromUtf32(c));
                    if (text.Length > 8192 || !Visit(target)) return false;
                    text.Length = length;
                }
            }

            return true;
        }
    }

    private int PieceOf(int state, int codePoint)
    {
        int low = _firstPiece[state], high = _firstPiece[state + 1] - 1;
        while (low < high)
        {
            int middle = (low + high + 1) >>> 1;
            if (_pieceLow[middle] <= codePoint) low = middle;
            else high = middle - 1;
        }

        return low;
    }

    private int[] FindShortest()
    {
        List<int>[] sources = new List<int>[StateCount];
        for (int q = 0; q < StateCount; q++) sources[q] = [];
        for (int q = 0; q < StateCount; q++)
        {
            foreach ((_, _, int target) in Pieces(q))
            {
                if (target >= 0) sources[target].Add(q);
            }
        }

        int[] shortest = new int[StateCount];
        Array.Fill(shortest, Unbounded);
        Queue<int> queue = new();
        for (int q = 0; q < StateCount; q++)
        {
            if (!IsAccepting(q)) continue;
            shortest[q] = 0;
            queue.Enqueue(q);
        }

        while (queue.TryDequeue(out int q))
        {
            foreach (int source in sources[q])
            {
                if (shortest[source] != Unbounded) continue;
                shortest[source] = shortest[q] + 1;
                queue.Enqueue(source);
            }
        }

        return shortest;
    }

    /// <summary>Longest paths; states from which a cycle can be reached have none.</summary>
    private int[] FindLongest()
    {
        const int New = -2, Open = -3;
        int[] longest = new int[StateCount];
        Array.Fill(longest, New);
        Stack<int> stack = new();
        for (int root = 0; root < StateCount; root++)
        {
            if (longest[root] != New) continue;
            stack.Push(root);
            while (stack.TryPeek(out int q))
            {
                if (longest[q] == New)
                {
                    longest[q] = Open;
                    foreach ((_, _, int target) in Pieces(q))
                    {
                        if (target >= 0 && longest[target] == New) stack.Push(target);
                    }

                    continue;
                }

                stack.Pop();
                if (longest[q] != Open) continue;

                int best = 0;
                foreach ((_, _, int target) in Pieces(q))
                {
                    if (target < 0) continue;
                    // A target still open is an ancestor on this path (or q itself): a cycle.
                    best = longest[target] is Open or Unbounded ? Unbounded : Math.Max(best, longest[target] + 1);
                    if (best == Unbounded) break;
                }

                longest[q] = best;
            }
        }

        return longest;
    }
}
