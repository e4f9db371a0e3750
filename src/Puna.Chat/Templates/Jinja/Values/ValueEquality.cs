using System.Numerics;

namespace Puna.Chat.Templates.Jinja.Values;

/// <summary>Python's <c>==</c> and <c>hash</c>: numbers compare by value across types, containers by content.</summary>
internal sealed class ValueEquality : IEqualityComparer<Value>
{
    public static ValueEquality Instance { get; } = new();

    public bool Equals(Value? x, Value? y) => x is not null && y is not null && AreEqual(x, y, null);

    /// <summary>Compares, charging <paramref name="budget"/> for the characters and items looked at.</summary>
    public static bool AreEqual(Value x, Value y, RenderBudget? budget)
    {
        if (ReferenceEquals(x, y)) return x is not FloatValue { Number: double.NaN };
        if (Numbers.TryInteger(x, out BigInteger i))
        {
            if (Numbers.TryInteger(y, out BigInteger j)) return i == j;
            return y is FloatValue g && Numbers.Compare(i, g.Number) == 0;
        }

        budget?.Step();
        switch (x, y)
        {
            case (FloatValue f, FloatValue g):
                return f.Number == g.Number;
            case (FloatValue f, _):
                return Numbers.TryInteger(y, out BigInteger k) && Numbers.Compare(k, f.Number) == 0;
            case (Text s, Text t):
                budget?.Text(Math.Min(s.Length, t.Length));
                return s.Chars == t.Chars;
            case (UndefinedValue, UndefinedValue):
                return true;
            case (ListValue or TupleValue, SequenceValue) when x.GetType() == y.GetType():
                return ItemsEqual((SequenceValue)x, (SequenceValue)y, budget);
            case (RangeValue r, RangeValue q):
                budget?.Step(r.Count!.Value);
                return r.Count == q.Count && r.Iterate().Zip(q.Iterate()).All(pair => AreEqual(pair.First, pair.Second, budget));
            case (DictValue d, DictValue e):
                return d.Count == e.Count &&
                    d.Entries.All(entry => e.Find(entry.Key) is { } other && AreEqual(entry.Value, other, budget));
            default:
                return false;
        }
    }

    public int GetHashCode(Value obj) => obj switch
    {
        Text text => text.Chars.GetHashCode(),
        FloatValue { Number: var d } when double.IsFinite(d) && d == Math.Floor(d) => new BigInteger(d).GetHashCode(),
        FloatValue f => f.Number.GetHashCode(),
        TupleValue tuple => tuple.Items.Aggregate(17, (hash, item) => HashCode.Combine(hash, GetHashCode(item))),
        ListValue or DictValue => throw TemplateFault.Runtime($"unhashable type: '{obj.TypeName}'"),
        UndefinedValue => 3,
        _ when Numbers.TryInteger(obj, out BigInteger i) => i.GetHashCode(),
        _ => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(obj),
    };

    private static bool ItemsEqual(SequenceValue x, SequenceValue y, RenderBudget? budget)
    {
        if (x.Items.Count != y.Items.Count) return false;
        for (int i = 0; i < x.Items.Count; i++)
        {
            if (!AreEqual(x.Items[i], y.Items[i], budget)) return false;
        }

        return true;
    }
}
