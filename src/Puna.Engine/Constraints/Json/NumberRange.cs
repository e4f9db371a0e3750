using System.Numerics;

namespace Puna.Engine.Constraints.Json;

/// <summary>Numbers between two bounds, whole or not, that are multiples of something.</summary>
internal sealed record NumberRange
{
    internal static NumberRange All { get; } = new();

    internal static NumberRange Integers { get; } = new() { Whole = true };

    /// <summary>Lower bound, or null.</summary>
    internal JsonDecimal? Low { get; init; }

    /// <summary>The lower bound itself is not among them.</summary>
    internal bool AboveLow { get; init; }

    /// <summary>Upper bound, or null.</summary>
    internal JsonDecimal? High { get; init; }

    /// <summary>The upper bound itself is not among them.</summary>
    internal bool BelowHigh { get; init; }

    /// <summary>True for integers only, false for all others only, null for both.</summary>
    internal bool? Whole { get; init; }

    /// <summary>All are multiples of this, or null.</summary>
    internal JsonDecimal? MultipleOf { get; init; }

    /// <summary>None is a multiple of one of these.</summary>
    internal IReadOnlyList<JsonDecimal> NotMultipleOf { get; init; } = [];

    /// <summary>Another spelling of the one number there is, as the schema has it.</summary>
    internal string? Spelling { get; init; }

    internal bool IsPoint => Low is { } low && High is { } high && low == high && !AboveLow && !BelowHigh;

    /// <summary>All that tells it from other ranges: automata are kept under this name.</summary>
    public override string ToString() => $"{(AboveLow ? "(" : "[")}{Low} {High}{(BelowHigh ? ")" : "]")} whole {Whole} of {MultipleOf} not of {string.Join(' ', NotMultipleOf)} as {Spelling}";

    internal static NumberRange Point(JsonDecimal value, string? spelling = null) => new() { Low = value, High = value, Spelling = spelling };

    /// <summary>Numbers in both, or null for none that bounds could tell.</summary>
    internal NumberRange? Intersect(NumberRange other)
    {
        NumberRange result = this with { Spelling = Spelling ?? other.Spelling };
        if (other.Low is { } low) result = result.From(low, other.AboveLow);
        if (other.High is { } high) result = result.To(high, other.BelowHigh);
        if (other.Whole is { } whole)
        {
            if (result.Whole is { } own && own != whole) return null;
            result = result with { Whole = whole };
        }

        if (other.MultipleOf is { } factor) result = result with { MultipleOf = result.MultipleOf is { } mine ? LeastCommonMultiple(mine, factor) : factor };
        if (other.NotMultipleOf.Count > 0) result = result with { NotMultipleOf = [.. result.NotMultipleOf.Union(other.NotMultipleOf)] };
        return result.IsEmpty() ? null : result;
    }

    internal NumberRange From(JsonDecimal low, bool exclusive)
    {
        int order = Low is { } own ? low.CompareTo(own) : 1;
        return order > 0 ? this with { Low = low, AboveLow = exclusive } : order == 0 ? this with { AboveLow = AboveLow || exclusive } : this;
    }

    internal NumberRange To(JsonDecimal high, bool exclusive)
    {
        int order = High is { } own ? high.CompareTo(own) : -1;
        return order < 0 ? this with { High = high, BelowHigh = exclusive } : order == 0 ? this with { BelowHigh = BelowHigh || exclusive } : this;
    }

    private bool IsEmpty()
    {
        if (IsPoint && !Contains(Low!.Value)) return true;
        if (Low is not { } low || High is not { } high) return false;
        int order = low.CompareTo(high);
        return order > 0 || (order == 0 && (AboveLow || BelowHigh));
    }

    /// <summary>Whether a number within the bounds is of the right kind.</summary>
    private bool Contains(JsonDecimal value)
    {
        if (Whole is { } whole && value.IsInteger != whole) return false;
        return (MultipleOf is not { } factor || IsMultiple(value, factor)) && !NotMultipleOf.Any(f => IsMultiple(value, f));
    }

    private static bool IsMultiple(JsonDecimal value, JsonDecimal factor)
    {
        int power = -Math.Min(Math.Min(value.Exponent, factor.Exponent), 0);
        return (value.Scaled(power) % factor.Scaled(power)).IsZero;
    }

    private static JsonDecimal LeastCommonMultiple(JsonDecimal a, JsonDecimal b)
    {
        int power = -Math.Min(Math.Min(a.Exponent, b.Exponent), 0);
        BigInteger x = a.Scaled(power), y = b.Scaled(power);
        return JsonDecimal.Of(x / BigInteger.GreatestCommonDivisor(x, y) * y, -power);
    }
}
