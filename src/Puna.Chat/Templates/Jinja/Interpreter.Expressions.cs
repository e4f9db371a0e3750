using System.Numerics;
using Puna.Chat.Templates.Jinja.Builtins;
using Puna.Chat.Templates.Jinja.Python;
using Puna.Chat.Templates.Jinja.Syntax;
using Puna.Chat.Templates.Jinja.Values;

namespace Puna.Chat.Templates.Jinja;

/// <summary>Expressions.</summary>
internal sealed partial class Interpreter
{
    private Value Evaluate(Expr expr)
    {
        Budget.Step();
        RenderBudget.EnsureStack();
        switch (expr)
        {
            case ConstExpr constant:
                return constant.Value;
            case NameExpr name:
                return _scope.Find(name.Name) ?? new UndefinedValue($"'{name.Name}' is undefined");
            case AttributeExpr attribute:
                Value target = Evaluate(attribute.Target);
                Position = expr.Position;
                return GetAttribute(target, attribute.Name);
            case ItemExpr item:
                Value container = Evaluate(item.Target), key = Evaluate(item.Key);
                Position = expr.Position;
                return GetItem(container, key);
            case SliceExpr slice:
                return Slice(slice);
            case CallExpr call:
                return EvaluateCall(call, null);
            case FilterExpr filter:
                return Filter(filter, Evaluate(filter.Target!));
            case TestExpr test:
                return Value.Of(Test(test));
            case LogicExpr logic:
                Value left = Evaluate(logic.Left);
                return IsTrue(left) == logic.IsOr ? left : Evaluate(logic.Right);
            case UnaryExpr unary:
                Value operand = Evaluate(unary.Operand);
                Position = expr.Position;
                return unary.Operator switch
                {
                    "not" => Value.Of(!IsTrue(operand)),
                    "-" => Operators.Negate(operand),
                    _ => Operators.Plus(operand),
                };
            case BinaryExpr binary:
                Value first = Evaluate(binary.Left), second = Evaluate(binary.Right);
                Position = expr.Position;
                return Operators.Binary(binary.Operator, first, second, Budget);
            case CompareExpr compare:
                return Compare(compare);
            case ConcatExpr concat:
                TextBuilder joined = new(Budget);
                foreach (Expr part in concat.Parts) Evaluate(part).AppendStr(joined);
                return joined.ToText();
            case ConditionalExpr conditional:
                if (IsTrue(Evaluate(conditional.Test))) return Evaluate(conditional.Then);
                return conditional.Else is { } otherwise
                    ? Evaluate(otherwise)
                    : new UndefinedValue("the inline if-expression evaluated to false and no else section was defined.");
            case ListExpr list:
                return new ListValue(EvaluateAll(list.Items), Budget);
            case TupleExpr tuple:
                return new TupleValue(EvaluateAll(tuple.Items), Budget);
            case DictExpr dict:
                return new DictValue([.. dict.Entries.Select(entry => KeyValuePair.Create(Evaluate(entry.Key), Evaluate(entry.Value)))], Budget);
            default:
                throw new InvalidOperationException($"The parser gave the expression {expr.GetType().Name}.");
        }
    }

    private List<Value> EvaluateAll(IReadOnlyList<Expr> items)
    {
        List<Value> values = new(items.Count);
        foreach (Expr item in items) values.Add(Evaluate(item));
        return values;
    }

    private BoolValue Compare(CompareExpr compare)
    {
        Value left = Evaluate(compare.First);
        foreach ((string op, Expr operand) in compare.Rest)
        {
            Value right = Evaluate(operand);
            Position = compare.Position;
            if (!Compare(op, left, right)) return BoolValue.False;
            left = right;
        }

        return BoolValue.True;
    }

    /// <param name="op">A comparison operator, <c>in</c> or <c>not in</c>.</param>
    public bool Compare(string op, Value left, Value right) => op switch
    {
        "==" => ValueEquality.AreEqual(left, right, Budget),
        "!=" => !ValueEquality.AreEqual(left, right, Budget),
        "in" => Operators.Contains(right, left, Budget),
        "not in" => !Operators.Contains(right, left, Budget),
        "<" => Ordering.Compare(left, right, Budget, op) < 0,
        "<=" => Ordering.Compare(left, right, Budget, op) <= 0,
        ">" => Ordering.Compare(left, right, Budget, op) > 0,
        _ => Ordering.Compare(left, right, Budget, op) >= 0,
    };

    /// <summary><c>value.name</c>: a method of the value's type, else an item of that key.</summary>
    public Value GetAttribute(Value value, string name)
    {
        if (value is UndefinedValue undefined) throw undefined.Fault();
        return Methods.Find(value, name) ?? FindItem(value, Text.Trusted(name)) ?? MissingAttribute(value, name);
    }

    /// <summary><c>value[key]</c>: an item, else for a text key a method of the value's type.</summary>
    public Value GetItem(Value value, Value key)
    {
        if (value is UndefinedValue undefined) throw undefined.Fault();
        Value? found = FindItem(value, key);
        if (found is not null) return found;
        if (key is Text name) return Methods.Find(value, name.Chars) ?? MissingAttribute(value, name.Chars);
        return new UndefinedValue($"'{DescribeType(value)}' has no element {PercentFormat.Repr(key, Budget).Chars}");
    }

    private static UndefinedValue MissingAttribute(Value value, string name) =>
        name.StartsWith("__", StringComparison.Ordinal) && name.EndsWith("__", StringComparison.Ordinal)
            ? new UndefinedValue($"access to attribute '{name}' of '{value.TypeName}' object is unsafe.", ChatTemplateErrorKind.Security)
            : new UndefinedValue($"'{DescribeType(value)}' has no attribute '{name}'");

    private static string DescribeType(Value value) => value is NoneValue ? "None" : value.TypeName + " object";

    private Value? FindItem(Value value, Value key)
    {
        if (value is DictValue dict) return key is ListValue or DictValue ? null : dict.Find(key);
        if (value is not (Text or RangeValue or ListValue or TupleValue) || !Numbers.TryInteger(key, out BigInteger index)) return null;

        int count = value.Count!.Value;
        if (index.Sign < 0) index += count;
        if (index.Sign < 0 || index >= count) return null;
        return value switch
        {
            SequenceValue sequence => sequence.Items[(int)index],
            RangeValue range => range[(int)index],
            _ => CodePoint((Text)value, (int)index),
        };
    }

    private Text CodePoint(Text text, int index)
    {
        Budget.Text(text.CodePoints == text.Length ? 1 : text.Length);
        int offset = text.OffsetOf(index);
        return text.Slice(offset, text.UnitsAt(offset));
    }

    private Value Slice(SliceExpr expr)
    {
        Value target = Evaluate(expr.Target);
        Value? start = expr.Start is null ? null : Evaluate(expr.Start);
        Value? stop = expr.Stop is null ? null : Evaluate(expr.Stop);
        Value? step = expr.Step is null ? null : Evaluate(expr.Step);
        Position = expr.Position;
        if (target is UndefinedValue undefined) throw undefined.Fault();
        if (target is not (Text or RangeValue or ListValue or TupleValue))
            throw TemplateFault.Runtime($"'{target.TypeName}' object cannot be sliced");

        foreach (Value? bound in (ReadOnlySpan<Value?>)[start, stop, step])
        {
            if (bound is UndefinedValue u) throw u.Fault();
            if (bound is not (null or NoneValue) && !Numbers.TryInteger(bound, out _)) throw TemplateFault.Runtime($"slice indices must be integers or None, not {bound.TypeName}");
        }

        (int first, int count, int stride) = SliceRange(target.Count!.Value, Bound(start), Bound(stop), Bound(step) ?? 1);
        if (target is Text text) return SliceText(text, first, count, stride);
        if (target is RangeValue range) return range.Slice(first, count, stride);

        Budget.Items(count);
        List<Value> items = new(count);
        for (int i = 0; i < count; i++) items.Add(((SequenceValue)target).Items[first + (i * stride)]);

        return Operators.Like(target, items, Budget);
    }

    private static int? Bound(Value? value) => value is null or NoneValue ? null : Numbers.Index(value);

    /// <summary>Python's <c>slice.indices</c> as first index, number of items and stride.</summary>
    private static (int First, int Count, int Stride) SliceRange(int length, int? start, int? stop, int step)
    {
        if (step == 0) throw TemplateFault.Runtime("slice step cannot be zero");

        long low = step > 0 ? 0 : -1, high = step > 0 ? length : length - 1;
        long Clamp(long index) => Math.Clamp(index < 0 ? index + length : index, low, high);
        long from = start is null ? (step > 0 ? low : high) : Clamp(start.Value);
        long to = stop is null ? (step > 0 ? high : low) : Clamp(stop.Value);
        long span = step > 0 ? to - from : from - to, size = Math.Abs((long)step);
        int count = span <= 0 ? 0 : (int)((span + size - 1) / size);
        return ((int)from, count, count > 1 ? step : 1);
    }

    private Text SliceText(Text text, int first, int count, int stride)
    {
        if (count == 0) return Text.Empty;
        Budget.Text(text.CodePoints == text.Length ? count : text.Length);
        if (stride == 1)
        {
            int start = text.OffsetOf(first);
            return text.Slice(start, text.OffsetOf(first + count) - start);
        }

        int[]? offsets = text.CodePoints == text.Length ? null : Offsets(text);
        TextBuilder output = new(Budget);
        for (int i = 0; i < count; i++)
        {
            int index = first + (i * stride), offset = offsets is null ? index : offsets[index];
            output.Append(text, offset, text.UnitsAt(offset));
        }

        return output.ToText();
    }

    /// <summary>UTF-16 offset of every code point.</summary>
    private static int[] Offsets(Text text)
    {
        int[] offsets = new int[text.CodePoints];
        int offset = 0;
        for (int i = 0; i < offsets.Length; i++)
        {
            offsets[i] = offset;
            offset += text.UnitsAt(offset);
        }

        return offsets;
    }

    public Value Filter(FilterExpr filter, Value input)
    {
        // Inside a filter chain of a block, the innermost filter has no target: the block's text.
        Value value = filter.Target is FilterExpr inner && IsBlockChain(inner) ? Filter(inner, input) : input;
        Arguments arguments = EvaluateArgs(filter.Args);
        Position = filter.Position;
        return Filters.Apply(filter.Name, this, value, arguments);
    }

    private static bool IsBlockChain(FilterExpr filter)
    {
        Expr? root = filter;
        while (root is FilterExpr f) root = f.Target;
        return root is null;
    }

    private bool Test(TestExpr test)
    {
        Value value = Evaluate(test.Target);
        Arguments arguments = EvaluateArgs(test.Args);
        Position = test.Position;
        return TestFunctions.Apply(test.Name, this, value, arguments);
    }
}
