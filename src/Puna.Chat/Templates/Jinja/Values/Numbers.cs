using System.Numerics;

namespace Puna.Chat.Templates.Jinja.Values;

/// <summary>Reading values as Python numbers; <c>True</c> counts as 1.</summary>
internal static class Numbers
{
    public static bool TryInteger(Value value, out BigInteger integer)
    {
        switch (value)
        {
            case IntValue i:
                integer = i.Integer;
                return true;
            case BoolValue b:
                integer = b.Boolean ? 1 : 0;
                return true;
            default:
                integer = default;
                return false;
        }
    }

    public static bool TryDouble(Value value, out double number)
    {
        if (value is FloatValue f)
        {
            number = f.Number;
            return true;
        }

        bool isInteger = TryInteger(value, out BigInteger integer);
        number = isInteger ? ToDouble(integer) : 0;
        return isInteger;
    }

    /// <exception cref="TemplateFault">The integer is beyond the range of a double.</exception>
    public static double ToDouble(BigInteger integer)
    {
        double number = (double)integer;
        if (double.IsInfinity(number)) throw TemplateFault.Runtime("int too large to convert to float");
        return number;
    }

    /// <summary>Compares exactly; 2 when <paramref name="number"/> is not a number.</summary>
    public static int Compare(BigInteger integer, double number)
    {
        if (double.IsNaN(number)) return 2;
        if (double.IsInfinity(number)) return number > 0 ? -1 : 1;

        double floor = Math.Floor(number);
        int order = integer.CompareTo(new BigInteger(floor));
        return order == 0 && number > floor ? -1 : order;
    }

    /// <summary>An integer argument clamped to the range of int, which is beyond every length here.</summary>
    /// <exception cref="TemplateFault">The value is not an integer.</exception>
    public static int Index(Value value)
    {
        if (value is UndefinedValue undefined) throw undefined.Fault();
        if (!TryInteger(value, out BigInteger integer))
            throw TemplateFault.Runtime($"'{value.TypeName}' object cannot be interpreted as an integer");
        return (int)BigInteger.Clamp(integer, int.MinValue, int.MaxValue);
    }

    public static int IndexOr(Value? value, int fallback) => value is null ? fallback : Index(value);
}
