using System.Numerics;
using Puna.Chat.Templates.Jinja.Values;

namespace Puna.Chat.Templates.Jinja.Python;

/// <summary>Python's arithmetic and containment operators.</summary>
internal static class Operators
{
    public static Value Binary(string op, Value left, Value right, RenderBudget budget)
    {
        if (left is UndefinedValue u) throw u.Fault();
        if (op == "%" && left is Text format) return PercentFormat.Format(format, right, budget);
        if (right is UndefinedValue v) throw v.Fault();

        if (Numbers.TryInteger(left, out BigInteger i) && Numbers.TryInteger(right, out BigInteger j)) return Integers(op, i, j);
        if (Numbers.TryDouble(left, out double x) && Numbers.TryDouble(right, out double y)) return Floats(op, x, y);

        switch (op)
        {
            case "+" when left is Text a && right is Text b:
                return new TextBuilder(budget).Append(a).Append(b).ToText();
            case "+" when left is ListValue or TupleValue && left.GetType() == right.GetType():
                return Like(left, [.. ((SequenceValue)left).Items, .. ((SequenceValue)right).Items], budget);
            case "*" when Numbers.TryInteger(right, out BigInteger times) && left is Text or ListValue or TupleValue:
                return Repeat(left, times, budget);
            case "*" when Numbers.TryInteger(left, out BigInteger times) && right is Text or ListValue or TupleValue:
                return Repeat(right, times, budget);
            default:
                throw TemplateFault.Runtime($"unsupported operand type(s) for {op}: '{left.TypeName}' and '{right.TypeName}'");
        }
    }

    public static Value Negate(Value value) => value switch
    {
        UndefinedValue u => throw u.Fault(),
        FloatValue f => new FloatValue(-f.Number),
        _ when Numbers.TryInteger(value, out BigInteger i) => Value.Of(-i),
        _ => throw TemplateFault.Runtime($"bad operand type for unary -: '{value.TypeName}'"),
    };

    public static Value Plus(Value value) => value switch
    {
        UndefinedValue u => throw u.Fault(),
        FloatValue => value,
        _ when Numbers.TryInteger(value, out BigInteger i) => Value.Of(i),
        _ => throw TemplateFault.Runtime($"bad operand type for unary +: '{value.TypeName}'"),
    };

    public static bool Contains(Value container, Value item, RenderBudget budget)
    {
        switch (container)
        {
            case Text text:
                if (item is not Text part) throw TemplateFault.Runtime($"'in <string>' requires string as left operand, not {item.TypeName}");
                budget.Search(text.Length, part.Length);
                return text.Chars.Contains(part.Chars, StringComparison.Ordinal);
            case DictValue dict:
                return dict.Find(item) is not null;
            case RangeValue or GeneratorValue or SequenceValue or UndefinedValue:
                foreach (Value element in container.Iterate())
                {
                    budget.Step();
                    if (ValueEquality.AreEqual(element, item, budget)) return true;
                }

                return false;
            default:
                throw TemplateFault.Runtime($"argument of type '{container.TypeName}' is not iterable");
        }
    }

    /// <summary>A list or tuple, as <paramref name="model"/> is.</summary>
    public static Value Like(Value model, IReadOnlyList<Value> items, RenderBudget budget)
    {
        budget.Items(items.Count);
        return model is TupleValue ? new TupleValue(items, budget) : new ListValue(items, budget);
    }

    private static Value Repeat(Value value, BigInteger times, RenderBudget budget)
    {
        long count = (long)BigInteger.Clamp(times, 0, int.MaxValue);
        if (value is Text text) return new TextBuilder(budget).Repeat(text, count).ToText();

        SequenceValue sequence = (SequenceValue)value;
        budget.Items(sequence.Items.Count * count);
        List<Value> items = [];
        for (long i = 0; i < count && sequence.Items.Count > 0; i++) items.AddRange(sequence.Items);
        return Like(value, items, budget);
    }

    private static Value Integers(string op, BigInteger i, BigInteger j)
    {
        switch (op)
        {
            case "+": return Value.Of(i + j);
            case "-": return Value.Of(i - j);
            case "*": return Value.Of(i * j);
            case "**" when j.Sign >= 0: return Power(i, j);
            case "**": return Floats(op, Numbers.ToDouble(i), Numbers.ToDouble(j));
        }

        if (j.IsZero) throw TemplateFault.Runtime("division by zero");
        switch (op)
        {
            case "/": return new FloatValue(Quotient(i, j));
            case "//": return Value.Of(FloorDivide(i, j));
            case "%": return Value.Of(i - (j * FloorDivide(i, j)));
            default: throw new InvalidOperationException($"The parser gave the operator '{op}'.");
        }
    }

    private static double Quotient(BigInteger i, BigInteger j) => Numbers.ToDouble(i) / Numbers.ToDouble(j);

    private static BigInteger FloorDivide(BigInteger i, BigInteger j)
    {
        BigInteger quotient = BigInteger.DivRem(i, j, out BigInteger remainder);
        return !remainder.IsZero && (remainder.Sign < 0) != (j.Sign < 0) ? quotient - 1 : quotient;
    }

    private static Value Power(BigInteger value, BigInteger exponent)
    {
        if (BigInteger.Abs(value) > 1 && exponent * (value.GetBitLength() - 1) > IntValue.MaxBits)
            throw TemplateFault.Limit($"an integer exceeds {IntValue.MaxBits} bits.");
        if (value.IsZero || value.IsOne) return Value.Of(exponent.IsZero ? BigInteger.One : value);
        if (value == BigInteger.MinusOne) return Value.Of(exponent.IsEven ? BigInteger.One : value);
        return Value.Of(BigInteger.Pow(value, (int)exponent));
    }

    private static FloatValue Floats(string op, double x, double y)
    {
        if (y == 0 && op is "/" or "//" or "%") throw TemplateFault.Runtime("float division by zero");
        if (op == "**" && x == 0 && y < 0) throw TemplateFault.Runtime("0.0 cannot be raised to a negative power");
        if (op == "**" && x < 0 && y != Math.Floor(y)) throw TemplateFault.Runtime("complex numbers are not supported");

        return new FloatValue(op switch
        {
            "+" => x + y,
            "-" => x - y,
            "*" => x * y,
            "/" => x / y,
            "//" => FloorQuotient(x, y),
            "%" => Modulo(x, y),
            "**" => Math.Pow(x, y),
            _ => throw new InvalidOperationException($"The parser gave the operator '{op}'."),
        });
    }

    /// <summary>The remainder with the sign of the divisor.</summary>
    private static double Modulo(double x, double y)
    {
        double remainder = x % y;
        if (remainder == 0) return double.CopySign(0, y);
        return (remainder < 0) != (y < 0) ? remainder + y : remainder;
    }

    private static double FloorQuotient(double x, double y)
    {
        double quotient = (x - Modulo(x, y)) / y;
        double floor = Math.Floor(quotient);
        return quotient - floor > 0.5 ? floor + 1 : floor;
    }
}
