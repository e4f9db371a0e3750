using System.Globalization;
using System.Numerics;

namespace Puna.Chat.Templates.Jinja.Python;

/// <summary>Printing, parsing and rounding floats as Python does.</summary>
internal static class PythonFloat
{
    /// <summary>The shortest digits that read back as the same number; exponent form outside 1e-4 … 1e16.</summary>
    public static string Repr(double number)
    {
        if (double.IsNaN(number)) return "nan";
        if (double.IsInfinity(number)) return number > 0 ? "inf" : "-inf";
        if (number == 0) return double.IsNegative(number) ? "-0.0" : "0.0";

        (string digits, int exponent) = Digits(number.ToString("E16", CultureInfo.InvariantCulture), number);
        string sign = number < 0 ? "-" : "";
        if (exponent is < -4 or >= 16)
        {
            string mantissa = digits.Length == 1 ? digits : $"{digits[0]}.{digits[1..]}";
            return $"{sign}{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        }

        if (exponent < 0) return $"{sign}0.{new string('0', -exponent - 1)}{digits}";
        if (digits.Length <= exponent + 1) return $"{sign}{digits}{new string('0', exponent + 1 - digits.Length)}.0";
        return $"{sign}{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    /// <summary>Python's <c>float(text)</c>: surrounding space, underscores between digits, inf and nan.</summary>
    public static bool TryParse(string text, out double number)
    {
        number = 0;
        string trimmed = TrimSpace(text);
        string body = trimmed.TrimStart('+', '-');
        if (trimmed.Length - body.Length > 1) return false;
        bool negative = trimmed.StartsWith('-');
        if (body.Equals("inf", StringComparison.OrdinalIgnoreCase) || body.Equals("infinity", StringComparison.OrdinalIgnoreCase))
            number = double.PositiveInfinity;
        else if (body.Equals("nan", StringComparison.OrdinalIgnoreCase)) number = double.NaN;
        else if (body.Length == 0 || !(char.IsAsciiDigit(body[0]) || body[0] == '.') || !DropUnderscores(ref body) ||
            !double.TryParse(body, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out number))
            return false;

        if (negative) number = -number;
        return true;
    }

    /// <summary>Python's <c>int(text, radix)</c> for radix 2 to 36 or 0 (by prefix).</summary>
    public static bool TryParseInteger(string text, int radix, out BigInteger integer)
    {
        integer = 0;
        string body = TrimSpace(text);
        bool negative = body.StartsWith('-');
        if (negative || body.StartsWith('+')) body = body[1..];
        int prefix = body.Length > 2 && body[0] == '0' ? char.ToLowerInvariant(body[1]) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 0 } : 0;
        if (prefix != 0 && (radix == 0 || radix == prefix))
        {
            radix = prefix;
            body = body[2..].TrimStart('_');
        }

        if (radix == 0) radix = 10;
        if (body.Length is 0 or > 2000 || !DropUnderscores(ref body)) return false;
        foreach (char c in body)
        {
            int digit = char.IsAsciiDigit(c) ? c - '0' : char.IsAsciiLetter(c) ? char.ToLowerInvariant(c) - 'a' + 10 : char.IsDigit(c) ? (int)char.GetNumericValue(c) : 99;
            if (digit >= radix) return false;
            integer = (integer * radix) + digit;
        }

        if (negative) integer = -integer;
        return true;
    }

    /// <summary>Digits after the point, correctly rounded from the exact binary value, ties to even.</summary>
    /// <param name="places">Digits after the point, 0 or more.</param>
    public static string Fixed(double number, int places)
    {
        if (!double.IsFinite(number)) return Repr(number);

        string digits = BigInteger.Abs(RoundScaled(number, places)).ToString(CultureInfo.InvariantCulture).PadLeft(places + 1, '0');
        string sign = double.IsNegative(number) ? "-" : "";
        return places == 0 ? sign + digits : $"{sign}{digits[..^places]}.{digits[^places..]}";
    }

    /// <summary>Python's <c>round(number, places)</c>.</summary>
    public static double Round(double number, int places)
    {
        if (!double.IsFinite(number) || places > 323) return number;
        if (places < -308) return 0.0 * number;
        if (places >= 0) return double.Parse(Fixed(number, places), CultureInfo.InvariantCulture);

        BigInteger unit = BigInteger.Pow(10, -places);
        BigInteger scaled = DivideToEven(RoundedNumerator(number, out BigInteger denominator), denominator * unit);
        return (double)(scaled * unit);
    }

    private static BigInteger RoundScaled(double number, int places)
    {
        BigInteger numerator = RoundedNumerator(number, out BigInteger denominator) * BigInteger.Pow(10, places);
        return DivideToEven(numerator, denominator);
    }

    /// <summary>The exact fraction of a finite double.</summary>
    private static BigInteger RoundedNumerator(double number, out BigInteger denominator)
    {
        long bits = BitConverter.DoubleToInt64Bits(number);
        int exponent = (int)((bits >> 52) & 0x7FF);
        long mantissa = bits & 0xFFFFFFFFFFFFF;
        if (exponent == 0) exponent++;
        else mantissa |= 1L << 52;
        exponent -= 1075;

        BigInteger signed = bits < 0 ? -mantissa : mantissa;
        denominator = exponent < 0 ? BigInteger.One << -exponent : BigInteger.One;
        return exponent > 0 ? signed << exponent : signed;
    }

    private static BigInteger DivideToEven(BigInteger numerator, BigInteger denominator)
    {
        BigInteger quotient = BigInteger.DivRem(BigInteger.Abs(numerator), denominator, out BigInteger remainder);
        int half = (remainder * 2).CompareTo(denominator);
        if (half > 0 || (half == 0 && !quotient.IsEven)) quotient++;
        return numerator.Sign < 0 ? -quotient : quotient;
    }

    private static (string Digits, int Exponent) Digits(string full, double number)
    {
        // "R" gives the shortest digits in either notation; normalise to one digit, point, digits, exponent.
        string shortest = Math.Abs(number).ToString("R", CultureInfo.InvariantCulture);
        int e = shortest.IndexOf('E', StringComparison.Ordinal);
        string mantissa = e < 0 ? shortest : shortest[..e];
        string digits = mantissa.Replace(".", "", StringComparison.Ordinal).Trim('0');
        int exponent = int.Parse(full.AsSpan(full.IndexOf('E', StringComparison.Ordinal) + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (e >= 0) exponent = int.Parse(shortest.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return (digits, exponent);
    }

    private static string TrimSpace(string text)
    {
        int start = 0, end = text.Length;
        while (start < end && PythonString.IsSpace(text[start])) start++;
        while (end > start && PythonString.IsSpace(text[end - 1])) end--;
        return text[start..end];
    }

    /// <summary>Drops underscores that stand between two digits; false where one stands elsewhere.</summary>
    private static bool DropUnderscores(ref string digits)
    {
        for (int i = 0; i < digits.Length; i++)
        {
            if (digits[i] == '_' && !(i > 0 && i + 1 < digits.Length && char.IsAsciiLetterOrDigit(digits[i - 1]) && char.IsAsciiLetterOrDigit(digits[i + 1])))
                return false;
        }

        digits = digits.Replace("_", "", StringComparison.Ordinal);
        return true;
    }
}
