using System.Globalization;
using System.Numerics;

namespace Puna.Engine.Constraints.Json;

/// <summary>A JSON number, exactly: mantissa times a power of ten, without trailing zeros.</summary>
internal readonly record struct JsonDecimal(BigInteger Mantissa, int Exponent) : IComparable<JsonDecimal>
{
    private const int MaxExponent = 400;

    internal static JsonDecimal Zero { get; } = new(BigInteger.Zero, 0);

    internal bool IsInteger => Exponent >= 0;

    internal bool IsNegative => Mantissa.Sign < 0;

    internal bool IsZero => Mantissa.IsZero;

    /// <summary>Reads a number as JSON writes it; false when it is too long to work with.</summary>
    internal static bool TryParse(string text, out JsonDecimal value)
    {
        value = Zero;
        int e = text.IndexOfAny(['e', 'E']);
        int exponent = 0;
        if (e >= 0 && (!int.TryParse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent) || Math.Abs(exponent) > MaxExponent)) return false;

        string digits = e >= 0 ? text[..e] : text;
        if (digits.Length > MaxExponent) return false;
        int point = digits.IndexOf('.', StringComparison.Ordinal);
        if (point >= 0)
        {
            exponent -= digits.Length - point - 1;
            digits = digits.Remove(point, 1);
        }

        value = Of(BigInteger.Parse(digits, CultureInfo.InvariantCulture), exponent);
        return true;
    }

    internal static JsonDecimal Of(BigInteger mantissa, int exponent)
    {
        if (mantissa.IsZero) return new JsonDecimal(mantissa, 0);
        while (true)
        {
            (BigInteger quotient, BigInteger rest) = BigInteger.DivRem(mantissa, 10);
            if (!rest.IsZero) return new JsonDecimal(mantissa, exponent);
            (mantissa, exponent) = (quotient, exponent + 1);
        }
    }

    internal JsonDecimal Negate() => new(-Mantissa, Exponent);

    /// <summary>The value times a power of ten, which must leave it whole.</summary>
    internal BigInteger Scaled(int power) => Mantissa * BigInteger.Pow(10, Exponent + power);

    public int CompareTo(JsonDecimal other)
    {
        int power = -Math.Min(Math.Min(Exponent, other.Exponent), 0);
        return Scaled(power).CompareTo(other.Scaled(power));
    }

    /// <summary>Digits before and after the point, of the absolute value; those after without trailing zeros.</summary>
    internal (string Whole, string Fraction) Digits()
    {
        string all = BigInteger.Abs(Mantissa).ToString(CultureInfo.InvariantCulture);
        if (Exponent >= 0) return (Mantissa.IsZero ? "0" : all + new string('0', Exponent), "");

        int places = -Exponent;
        if (all.Length <= places) all = new string('0', places - all.Length + 1) + all;
        return (all[..^places], all[^places..]);
    }

    public override string ToString()
    {
        (string whole, string fraction) = Digits();
        return (IsNegative ? "-" : "") + whole + (fraction.Length > 0 ? "." + fraction : "");
    }
}
