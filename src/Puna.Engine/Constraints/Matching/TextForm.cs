using Puna.Engine.Constraints.Automata;

namespace Puna.Engine.Constraints.Matching;

/// <summary>
/// A set of texts: an automaton and bounds on the length. The length is counted rather than built into the automaton, so
/// that large bounds cost nothing. Immutable.
/// </summary>
internal sealed class TextForm
{
    private const int MaxTable = 4_000_000;

    private readonly bool _universal;
    private readonly ulong[][]? _alive; // _alive[count]: states that can still end in time, below the least length

    /// <exception cref="AutomatonLimitException">Bounds and automaton together are too large.</exception>
    internal TextForm(Dfa dfa, bool isQuoted, int least = 0, int most = Dfa.Unbounded)
    {
        if (!dfa.IsEmpty)
        {
            // Bounds that the automaton keeps by itself need no counting.
            if (dfa.Shortest(0) >= least) least = 0;
            if (dfa.Longest(0) <= most) most = Dfa.Unbounded;
        }

        (Dfa, IsQuoted, Least, Most) = (dfa, isQuoted, least, most);
        _universal = DfaAlgebra.IsUniversal(dfa);
        if (least > 0 && most != Dfa.Unbounded && !_universal && !dfa.IsEmpty) _alive = FindAlive();
        IsEmpty = dfa.IsEmpty || least > most || !IsAlive(0, 0);
        Loops = new LoopSet[dfa.StateCount];
        for (int q = 0; q < Loops.Length; q++) Loops[q] = LoopSet.Of(dfa.Loop(q), isQuoted);
    }

    internal Dfa Dfa { get; }

    /// <summary>A JSON string with quotation marks and escapes; otherwise the text as it is.</summary>
    internal bool IsQuoted { get; }

    /// <summary>Fewest characters, where they are counted.</summary>
    internal int Least { get; }

    /// <summary>Most characters, or <see cref="Dfa.Unbounded"/>.</summary>
    internal int Most { get; }

    internal bool IsEmpty { get; }

    /// <summary>Some values were taken out, as they may not come again.</summary>
    internal bool IsReduced { get; private init; }

    /// <summary>By state: characters that lead back to it.</summary>
    internal LoopSet[] Loops { get; }

    internal bool Counts => Least > 0 || Most != Dfa.Unbounded;

    /// <summary>Fewest bytes of any text in the set, about.</summary>
    internal int MinBytes => IsEmpty ? Dfa.Unbounded : MinBytesFrom(0, 0) + (IsQuoted ? 1 : 0);

    /// <summary>Fewest bytes that complete the text, about.</summary>
    internal int MinBytesFrom(int state, int count) => Math.Max(Dfa.Shortest(state), Least - count) + (IsQuoted ? 1 : 0);

    public override string ToString() => $"{(IsQuoted ? "string" : "text")} of {Dfa.StateCount} states";

    internal bool CanClose(int state, int count) => Dfa.IsAccepting(state) && count >= Least;

    internal int NextCount(int count) => !Counts ? 0 : Most == Dfa.Unbounded ? Math.Min(count + 1, Least) : count + 1;

    /// <summary>Whether some text of the set goes through this state after so many characters.</summary>
    internal bool IsAlive(int state, int count)
    {
        if (!Counts) return true;
        if (Most != Dfa.Unbounded && (count > Most || Dfa.Shortest(state) > Most - count)) return false;
        if (count >= Least || _universal) return true;
        return _alive is null ? Dfa.Longest(state) >= Least - count : (_alive[count][state >> 6] >> (state & 63) & 1) != 0;
    }

    /// <summary>
    /// A count that leaves the same choices for the next <paramref name="reach"/> characters, so that masks need not be made anew for
    /// every length.
    /// </summary>
    internal int Representative(int count, int reach)
    {
        if (!Counts) return 0;
        int far = reach + Dfa.StateCount;
        if (Most != Dfa.Unbounded && Most - count <= far) return count;
        if (count >= Least) return Least;
        return _universal && Least - count > reach ? 0 : count;
    }

    /// <summary>The texts that are none of some JSON values, or all of them where the automaton would grow too large.</summary>
    internal TextForm Without(IEnumerable<string> values)
    {
        const int MaxCharacters = 4000, MaxFinite = 40;
        try
        {
            if (Dfa.Longest(0) > MaxFinite) return this; // there is always another way on; equal values are found when they end

            List<string> words = [];
            Dfa taken = DfaAlgebra.Empty;
            int characters = 0;
            foreach (string value in values)
            {
                bool text = value.StartsWith('"');
                if (text != IsQuoted || value[0] is '{' or '[') continue;
                characters += value.Length;
                if (characters > MaxCharacters) return this;
                if (text) words.Add(value[1..]);
                else if (value[0] is '-' or (>= '0' and <= '9')) taken = DfaAlgebra.Union(taken, Json.NumberAutomaton.Of(Json.NumberRange.Point(Json.JsonDecimal.TryParse(value, out Json.JsonDecimal number) ? number : throw new AutomatonLimitException("a number is too long")), plain: false));
                else words.Add(value);
            }

            taken = DfaAlgebra.Union(taken, DfaAlgebra.OfWords(words));
            return taken.IsEmpty ? this : new TextForm(DfaAlgebra.Subtract(Dfa, taken), IsQuoted, Least, Most) { IsReduced = true };
        }
        catch (AutomatonLimitException)
        {
            return this; // equal values are still found when they end
        }
    }

    private ulong[][] FindAlive()
    {
        int words = (Dfa.StateCount + 63) / 64;
        if ((long)Least * words > MaxTable / 8 || (long)Least * Dfa.PieceCount > 50L * MaxTable)
            throw new AutomatonLimitException($"a pattern of {Dfa.StateCount} states with at least {Least} and at most {Most} characters is too large");

        ulong[][] alive = new ulong[Least][];
        int[][] targets = new int[Dfa.StateCount][];
        for (int q = 0; q < targets.Length; q++) targets[q] = [.. Dfa.Pieces(q).Select(p => p.Target).Where(t => t >= 0).Distinct()];
        for (int count = Least - 1; count >= 0; count--)
        {
            alive[count] = new ulong[words];
            for (int q = 0; q < targets.Length; q++)
            {
                foreach (int target in targets[q])
                {
                    bool live = count + 1 < Least ? (alive[count + 1][target >> 6] >> (target & 63) & 1) != 0 : Dfa.Shortest(target) <= Most - count - 1;
                    if (!live) continue;
                    alive[count][q >> 6] |= 1UL << (q & 63);
                    break;
                }
            }
        }

        return alive;
    }
}
