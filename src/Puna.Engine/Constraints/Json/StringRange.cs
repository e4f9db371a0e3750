using Puna.Engine.Constraints.Automata;

namespace Puna.Engine.Constraints.Json;

/// <summary>Strings of an automaton with bounds on their length.</summary>
internal sealed record StringRange(Dfa Dfa, int Least, int Most)
{
    internal static StringRange All { get; } = new(DfaAlgebra.Universal, 0, Dfa.Unbounded);

    internal static StringRange Of(Dfa dfa) => new(dfa, 0, Dfa.Unbounded);

    /// <summary>Strings in both, or null for none.</summary>
    internal StringRange? Intersect(StringRange other)
    {
        StringRange result = new(DfaAlgebra.Intersect(Dfa, other.Dfa), Math.Max(Least, other.Least), Math.Min(Most, other.Most));
        return result.Dfa.IsEmpty || result.Least > result.Most || result.Dfa.Longest(0) < result.Least || result.Dfa.Shortest(0) > result.Most ? null : result;
    }

    /// <summary>The same with the bounds built into the automaton.</summary>
    internal Dfa ToDfa() => Least == 0 && Most == Dfa.Unbounded ? Dfa : DfaAlgebra.Intersect(Dfa, DfaAlgebra.OfLength(Least, Most));
}
