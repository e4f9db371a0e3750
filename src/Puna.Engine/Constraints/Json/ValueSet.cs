using Puna.Engine.Constraints.Automata;

namespace Puna.Engine.Constraints.Json;

/// <summary>A set of JSON values by type: of each type the union of some ranges.</summary>
internal sealed record ValueSet
{
    private const int MaxPairs = 5000;

    internal static ValueSet Nothing { get; } = new();

    internal static ValueSet Everything { get; } = new()
    {
        Null = true,
        True = true,
        False = true,
        Numbers = [NumberRange.All],
        Strings = [StringRange.All],
        Arrays = [ArrayRange.All],
        Objects = [ObjectRange.All],
    };

    internal bool Null { get; init; }

    internal bool True { get; init; }

    internal bool False { get; init; }

    internal IReadOnlyList<NumberRange> Numbers { get; init; } = [];

    internal IReadOnlyList<StringRange> Strings { get; init; } = [];

    internal IReadOnlyList<ArrayRange> Arrays { get; init; } = [];

    internal IReadOnlyList<ObjectRange> Objects { get; init; } = [];

    internal bool IsEmpty => !Null && !True && !False && Numbers.Count + Strings.Count + Arrays.Count + Objects.Count == 0;

    /// <summary>Ranges in all.</summary>
    internal int Size => Numbers.Count + Strings.Count + Arrays.Count + Objects.Count;

    internal ValueSet Union(ValueSet other) => new()
    {
        Null = Null || other.Null,
        True = True || other.True,
        False = False || other.False,
        Numbers = Join(Numbers, other.Numbers, NumberRange.All),
        Strings = Join(Strings, other.Strings, StringRange.All),
        Arrays = Join(Arrays, other.Arrays, ArrayRange.All, static range => range.Evaluated > 0 || range.EvaluatedBy.Count > 0),
        Objects = Join(Objects, other.Objects, ObjectRange.All, static range => range.AllEvaluated || range.Evaluated.Count > 0),
    };

    /// <summary>The same values, with nothing said about what schemas have looked at.</summary>
    internal ValueSet WithoutEvaluated() => this with
    {
        Arrays = [.. Arrays.Select(range => range with { Evaluated = 0, EvaluatedBy = [] })],
        Objects = [.. Objects.Select(range => range with { Evaluated = [], AllEvaluated = false })],
    };

    internal ValueSet Intersect(ValueSet other) => new()
    {
        Null = Null && other.Null,
        True = True && other.True,
        False = False && other.False,
        Numbers = Cross(Numbers, other.Numbers, NumberRange.All, static (a, b) => a.Intersect(b)),
        Strings = Cross(Strings, other.Strings, StringRange.All, static (a, b) => a.Intersect(b)),
        Arrays = Cross(Arrays, other.Arrays, ArrayRange.All, static (a, b) => a.Intersect(b)),
        Objects = Cross(Objects, other.Objects, ObjectRange.All, static (a, b) => a.Intersect(b)),
    };

    /// <param name="a">Some ranges.</param>
    /// <param name="b">Others.</param>
    /// <param name="all">The range of everything, which takes in all others</param>
    /// <param name="tells">but those that tell what schemas have looked at.</param>
    private static IReadOnlyList<T> Join<T>(IReadOnlyList<T> a, IReadOnlyList<T> b, T all, Func<T, bool>? tells = null)
        where T : class
    {
        if (a.Contains(all) || b.Contains(all)) return tells is null ? [all] : [all, .. a.Concat(b).Where(tells).Distinct()];
        return a.Count == 0 ? b : b.Count == 0 ? a : [.. a, .. b.Where(range => !a.Contains(range))];
    }

    private static IReadOnlyList<T> Cross<T>(IReadOnlyList<T> a, IReadOnlyList<T> b, T all, Func<T, T, T?> intersect)
        where T : class
    {
        if (a.Count == 1 && ReferenceEquals(a[0], all)) return b;
        if (b.Count == 1 && ReferenceEquals(b[0], all)) return a;

        if ((long)a.Count * b.Count > MaxPairs) throw new AutomatonLimitException($"its alternatives combine in more than {MaxPairs} ways");
        List<T> result = [];
        foreach (T x in a)
        {
            foreach (T y in b)
            {
                if (intersect(x, y) is { } both) result.Add(both);
            }
        }

        return result;
    }
}
