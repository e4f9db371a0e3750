namespace Puna.Engine.Constraints.Automata;

/// <summary>A set of Unicode scalar values as sorted, disjoint, inclusive ranges. Surrogates are never in it. Immutable.</summary>
internal sealed class CodePointSet
{
    internal const int MaxCodePoint = 0x10FFFF;

    /// <summary>First surrogate.</summary>
    internal const int FirstSurrogate = 0xD800;

    /// <summary>Last surrogate.</summary>
    internal const int LastSurrogate = 0xDFFF;

    private CodePointSet((int Low, int High)[] ranges) => Ranges = ranges;

    /// <summary>Every scalar value.</summary>
    internal static CodePointSet All { get; } = Of((0, MaxCodePoint));

    /// <summary>No scalar value.</summary>
    internal static CodePointSet None { get; } = new([]);

    internal (int Low, int High)[] Ranges { get; }

    internal bool IsEmpty => Ranges.Length == 0;

    /// <summary>The union of ranges in any order; surrogates are taken out.</summary>
    internal static CodePointSet Of(params IEnumerable<(int Low, int High)> ranges)
    {
        List<(int Low, int High)> parts = [];
        foreach ((int low, int high) in ranges)
        {
            if (low < FirstSurrogate) Add(low, Math.Min(high, FirstSurrogate - 1));
            if (high > LastSurrogate) Add(Math.Max(low, LastSurrogate + 1), high);
        }

        parts.Sort();
        List<(int Low, int High)> merged = [];
        foreach ((int low, int high) in parts)
        {
            if (merged.Count > 0 && low <= merged[^1].High + 1) merged[^1] = (merged[^1].Low, Math.Max(merged[^1].High, high));
            else merged.Add((low, high));
        }

        return new CodePointSet([.. merged]);

        void Add(int low, int high)
        {
            if (low <= high) parts.Add((low, high));
        }
    }

    internal static CodePointSet Of(int codePoint) => Of((codePoint, codePoint));

    internal CodePointSet Union(CodePointSet other) => Of([.. Ranges, .. other.Ranges]);

    internal CodePointSet Complement()
    {
        List<(int, int)> rest = [];
        int next = 0;
        foreach ((int low, int high) in Ranges)
        {
            if (low > next) rest.Add((next, low - 1));
            next = high + 1;
        }

        if (next <= MaxCodePoint) rest.Add((next, MaxCodePoint));
        return Of(rest);
    }

    internal bool Contains(int codePoint)
    {
        foreach ((int low, int high) in Ranges)
        {
            if (codePoint <= high) return codePoint >= low;
        }

        return false;
    }
}
