using System.Numerics;
using Puna.Chat.Templates.Jinja.Values;

namespace Puna.Chat.Templates.Jinja.Python;

/// <summary>Python's ordering of values and its stable sort.</summary>
internal static class Ordering
{
    /// <returns>Negative, zero, positive; null where the comparison is false either way (not a number).</returns>
    /// <exception cref="TemplateFault">The types have no order.</exception>
    public static int? Compare(Value a, Value b, RenderBudget budget, string op = "<")
    {
        budget.Step();
        if (a is UndefinedValue u) throw u.Fault();
        if (b is UndefinedValue v) throw v.Fault();
        if (a is Text s && b is Text t)
        {
            budget.Text(Math.Min(s.Length, t.Length));
            return Text.Compare(s, t);
        }

        bool aIsInteger = Numbers.TryInteger(a, out BigInteger i), bIsInteger = Numbers.TryInteger(b, out BigInteger j);
        if (aIsInteger && bIsInteger) return i.CompareTo(j);
        if (aIsInteger && b is FloatValue g) return Known(Numbers.Compare(i, g.Number));
        if (a is FloatValue f && bIsInteger) return -Known(Numbers.Compare(j, f.Number));
        if (a is FloatValue x && b is FloatValue y)
            return double.IsNaN(x.Number) || double.IsNaN(y.Number) ? null : x.Number.CompareTo(y.Number);
        if (a is ListValue or TupleValue && a.GetType() == b.GetType()) return CompareItems((SequenceValue)a, (SequenceValue)b, budget, op);

        throw TemplateFault.Runtime($"'{op}' not supported between instances of '{a.TypeName}' and '{b.TypeName}'");
    }

    /// <summary>Sorts without changing the order of equal items, also in reverse.</summary>
    public static List<T> Sort<T>(IReadOnlyList<T> items, Func<T, Value> key, bool reverse, RenderBudget budget)
    {
        List<(Value Key, T Item)> keyed = [.. items.Select(item => (key(item), item))];
        Comparer<Value> order = Comparer<Value>.Create((a, b) => (reverse ? Compare(b, a, budget) : Compare(a, b, budget)) ?? 0);
        try
        {
            return [.. keyed.OrderBy(pair => pair.Key, order).Select(pair => pair.Item)];
        }
        catch (InvalidOperationException e) when (e.InnerException is TemplateFault fault)
        {
            throw fault;
        }
    }

    private static int? Known(int order) => order == 2 ? null : order;

    private static int? CompareItems(SequenceValue a, SequenceValue b, RenderBudget budget, string op)
    {
        for (int i = 0; i < Math.Min(a.Items.Count, b.Items.Count); i++)
        {
            if (!ValueEquality.AreEqual(a.Items[i], b.Items[i], budget)) return Compare(a.Items[i], b.Items[i], budget, op);
        }

        return a.Items.Count.CompareTo(b.Items.Count);
    }
}
