using Puna.Engine.Constraints.Automata;

namespace Puna.Engine.Constraints.Json;

/// <summary>Arrays by the conditions on their items and their number.</summary>
internal sealed record ArrayRange
{
    internal static ArrayRange All { get; } = new();

    /// <summary>Conditions on the first items, one each.</summary>
    internal IReadOnlyList<Conjunction> First { get; init; } = [];

    /// <summary>Conditions on the items after those.</summary>
    internal Conjunction Rest { get; init; } = Conjunction.Any;

    internal int Least { get; init; }

    internal int Most { get; init; } = Dfa.Unbounded;

    /// <summary>Conditions that a number of items meet.</summary>
    internal IReadOnlyList<Containment> Contains { get; init; } = [];

    /// <summary>JSON Pointer of the keyword that forbids equal items, or null.</summary>
    internal string? DistinctPointer { get; init; }

    /// <summary>First items that schemas have looked at, for unevaluatedItems; <see cref="Dfa.Unbounded"/> for all.</summary>
    internal int Evaluated { get; init; }

    /// <summary>Items that meet one of these have been looked at, too.</summary>
    internal IReadOnlyList<SchemaAtom> EvaluatedBy { get; init; } = [];

    internal Conjunction Item(int index) => index < First.Count ? First[index] : Rest;

    internal ArrayRange? Intersect(ArrayRange other)
    {
        int first = Math.Max(First.Count, other.First.Count);
        ArrayRange result = new()
        {
            First = [.. Enumerable.Range(0, first).Select(i => Item(i).With(other.Item(i)))],
            Rest = Rest.With(other.Rest),
            Least = Math.Max(Least, other.Least),
            Most = Math.Min(Most, other.Most),
            Contains = [.. Contains, .. other.Contains.Except(Contains)],
            Evaluated = Math.Max(Evaluated, other.Evaluated),
            EvaluatedBy = [.. EvaluatedBy, .. other.EvaluatedBy.Except(EvaluatedBy)],
            DistinctPointer = DistinctPointer ?? other.DistinctPointer,
        };
        return result.Least > result.Most ? null : result;
    }
}
