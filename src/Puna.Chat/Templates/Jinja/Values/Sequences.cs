using System.Numerics;

namespace Puna.Chat.Templates.Jinja.Values;

/// <summary>An immutable sequence of values.</summary>
internal abstract class SequenceValue : Value
{
    protected SequenceValue(IReadOnlyList<Value> items, RenderBudget budget)
    {
        Items = items;
        foreach (Value item in items) Depth = Math.Max(Depth, item.Depth);
        budget.CheckValueDepth(++Depth);
    }

    public IReadOnlyList<Value> Items { get; }

    public override int Depth { get; }

    public override bool IsTrue => Items.Count > 0;

    public override bool IsIterable => true;

    public override int? Count => Items.Count;

    public override IEnumerable<Value> Iterate() => Items;

    protected void AppendItems(TextBuilder output)
    {
        for (int i = 0; i < Items.Count; i++)
        {
            output.Budget.Step();
            if (i > 0) output.Append(", ");
            Items[i].AppendRepr(output);
        }
    }
}

internal sealed class ListValue(IReadOnlyList<Value> items, RenderBudget budget) : SequenceValue(items, budget)
{
    public override string TypeName => "list";

    public override void AppendRepr(TextBuilder output)
    {
        output.Append("[");
        AppendItems(output);
        output.Append("]");
    }
}

internal sealed class TupleValue(IReadOnlyList<Value> items, RenderBudget budget) : SequenceValue(items, budget)
{
    public override string TypeName => "tuple";

    public override void AppendRepr(TextBuilder output)
    {
        output.Append("(");
        AppendItems(output);
        output.Append(Items.Count == 1 ? ",)" : ")");
    }
}

/// <summary>Keys, values or items of a dictionary: countable and iterable, not subscriptable.</summary>
internal sealed class DictView(string typeName, IReadOnlyList<Value> items, RenderBudget budget) : SequenceValue(items, budget)
{
    public override string TypeName => typeName;

    public override void AppendRepr(TextBuilder output)
    {
        output.Append(typeName).Append("([");
        AppendItems(output);
        output.Append("])");
    }
}

/// <summary>Python's <c>range</c>; its length is bounded by <see cref="ChatTemplateLimits.MaxItems"/>.</summary>
internal sealed class RangeValue(BigInteger start, BigInteger stop, BigInteger step, int count) : Value
{
    public override string TypeName => "range";

    public override bool IsTrue => count > 0;

    public override bool IsIterable => true;

    public override int? Count => count;

    public Value this[int index] => Of(start + (step * index));

    public RangeValue Slice(int first, int size, int stride) =>
        new(start + (step * first), start + (step * (first + ((BigInteger)size * stride))), step * stride, size);

    public override IEnumerable<Value> Iterate()
    {
        for (int i = 0; i < count; i++) yield return this[i];
    }

    public override void AppendRepr(TextBuilder output)
    {
        output.Append($"range({start}, {stop}");
        output.Append(step.IsOne ? ")" : $", {step})");
    }
}

/// <summary>Items computed on demand, once; what filters such as <c>map</c> and <c>select</c> give.</summary>
internal sealed class GeneratorValue : Value
{
    private readonly IEnumerator<Value> _items;

    /// <param name="source">What the items are computed from; bounds chains of generators.</param>
    public GeneratorValue(IEnumerable<Value> items, Value source, RenderBudget budget)
    {
        _items = items.GetEnumerator();
        Depth = source.Depth + 1;
        budget.CheckValueDepth(Depth);
    }

    public override string TypeName => "generator";

    public override int Depth { get; }

    public override bool IsIterable => true;

    public override IEnumerable<Value> Iterate()
    {
        while (_items.MoveNext()) yield return _items.Current;
    }
}
