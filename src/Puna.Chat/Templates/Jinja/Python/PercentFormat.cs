using System.Globalization;
using System.Numerics;
using Puna.Chat.Templates.Jinja.Values;

namespace Puna.Chat.Templates.Jinja.Python;

/// <summary>Python's <c>text % values</c>.</summary>
internal static class PercentFormat
{
    /// <summary>Largest field width and precision accepted.</summary>
    internal const int MaxWidth = 10_000;

    public static Text Format(Text format, Value values, RenderBudget budget)
    {
        TextBuilder output = new(budget);
        IReadOnlyList<Value> items = values is TupleValue tuple ? tuple.Items : [values];
        int used = 0;
        bool named = false;
        for (int i = 0; i < format.Length;)
        {
            int percent = format.Chars.IndexOf('%', i);
            if (percent < 0) percent = format.Length;
            output.Append(format, i, percent - i);
            if (percent == format.Length) break;

            i = percent + 1;
            Value? byName = ReadKey(format, values, ref i);
            named |= byName is not null;
            Value Take() => byName ?? (used < items.Count ? items[used++] : throw TemplateFault.Runtime("not enough arguments for format string"));

            string flags = ReadWhile(format.Chars, ref i, "-+ #0");
            int width = ReadSize(format.Chars, ref i, Take) ?? 0;
            int? precision = null;
            if (i < format.Length && format.Chars[i] == '.')
            {
                i++;
                precision = ReadSize(format.Chars, ref i, Take) ?? 0;
            }

            ReadWhile(format.Chars, ref i, "hlL");
            if (i >= format.Length) throw TemplateFault.Runtime("incomplete format");
            char type = format.Chars[i];
            if (type == '%') output.Append(format, i, 1);
            else AppendField(output, Take(), type, flags, width, precision);
            i++;
        }

        if (used < items.Count && !named && values is not (DictValue or ListValue or RangeValue or UndefinedValue))
            throw TemplateFault.Runtime("not all arguments converted during string formatting");
        return output.ToText();
    }

    private static Value? ReadKey(Text format, Value values, ref int i)
    {
        if (i >= format.Length || format.Chars[i] != '(') return null;
        if (values is not DictValue dict) throw TemplateFault.Runtime("format requires a mapping");

        int close = format.Chars.IndexOf(')', i);
        if (close < 0) throw TemplateFault.Runtime("incomplete format key");
        Text key = format.Slice(i + 1, close - i - 1);
        i = close + 1;
        return dict.Find(key) ?? throw TemplateFault.Runtime($"'{key.Chars}'");
    }

    private static string ReadWhile(string chars, ref int i, string set)
    {
        int start = i;
        while (i < chars.Length && set.Contains(chars[i])) i++;
        return chars[start..i];
    }

    private static int? ReadSize(string chars, ref int i, Func<Value> take)
    {
        int start = i;
        int? size = null;
        if (i < chars.Length && chars[i] == '*')
        {
            i++;
            size = Numbers.Index(take());
        }
        else
        {
            while (i < chars.Length && char.IsAsciiDigit(chars[i])) i++;
            if (i > start) size = i - start > 5 ? int.MaxValue : int.Parse(chars.AsSpan(start, i - start), CultureInfo.InvariantCulture);
        }

        return size is null or (>= -MaxWidth and <= MaxWidth)
            ? size
            : throw TemplateFault.Limit($"a field width or precision beyond {MaxWidth}.");
    }

    private static void AppendField(TextBuilder output, Value value, char type, string flags, int width, int? precision)
    {
        Text body = type switch
        {
            's' => Cut(Str(value, output.Budget), precision),
            'r' or 'a' => Cut(Repr(value, output.Budget), precision),
            'c' => Character(value),
            'd' or 'i' or 'u' => Text.Trusted(Signed(ToInteger(value, type), flags, precision, 10, type)),
            'x' or 'X' or 'o' => Text.Trusted(Signed(ToInteger(value, type), flags, precision, type == 'o' ? 8 : 16, type)),
            'f' or 'F' or 'e' or 'E' or 'g' or 'G' => Text.Trusted(Float(value, type, flags, precision)),
            _ => throw TemplateFault.Runtime($"unsupported format character '{type}'"),
        };

        bool left = flags.Contains('-') || width < 0;
        int padding = Math.Abs(width) - body.CodePoints;
        if (padding <= 0) output.Append(body);
        else if (left) output.Append(body).Append(new string(' ', padding));
        else if (flags.Contains('0') && type is not ('s' or 'r' or 'c' or 'a'))
        {
            int sign = body.Length > 0 && body.Chars[0] is '-' or '+' or ' ' ? 1 : 0;
            output.Append(body, 0, sign).Append(new string('0', padding)).Append(body, sign);
        }
        else output.Append(new string(' ', padding)).Append(body);
    }

    internal static Text Str(Value value, RenderBudget budget)
    {
        if (value is Text text) return text;
        TextBuilder output = new(budget);
        value.AppendStr(output);
        return output.ToText();
    }

    internal static Text Repr(Value value, RenderBudget budget)
    {
        TextBuilder output = new(budget);
        value.AppendRepr(output);
        return output.ToText();
    }

    private static Text Cut(Text text, int? precision) =>
        precision is { } p && p < text.CodePoints ? text.Slice(0, text.OffsetOf(Math.Max(p, 0))) : text;

    private static Text Character(Value value)
    {
        if (value is Text { CodePoints: 1 } single) return single;
        int code = value is Text ? -1 : Numbers.Index(value);
        if (code is < 0 or > 0x10FFFF or (>= 0xD800 and <= 0xDFFF)) throw TemplateFault.Runtime("%c requires int or char");
        return Text.Trusted(char.ConvertFromUtf32(code));
    }

    private static BigInteger ToInteger(Value value, char type)
    {
        if (Numbers.TryInteger(value, out BigInteger i)) return i;
        if (value is FloatValue f && double.IsFinite(f.Number) && type is 'd' or 'i' or 'u') return new BigInteger(((FloatValue)value).Number);
        throw TemplateFault.Runtime($"%{type} format: a real number is required, not {value.TypeName}");
    }

    private static string Signed(BigInteger value, string flags, int? precision, int radix, char type)
    {
        string digits = IntegerDigits(BigInteger.Abs(value), radix, type == 'X').PadLeft(Math.Max(precision ?? 0, 0), '0');
        string prefix = !flags.Contains('#') || radix == 10 ? "" : "0" + type;
        return Sign(value.Sign < 0, flags) + prefix + digits;
    }

    internal static string IntegerDigits(BigInteger value, int radix, bool upper)
    {
        if (radix == 10) return value.ToString(CultureInfo.InvariantCulture);
        if (value.IsZero) return "0";
        string digits = "";
        for (; !value.IsZero; value /= radix) digits = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[(int)(value % radix)] + digits;
        return digits;
    }

    private static string Sign(bool negative, string flags) => negative ? "-" : flags.Contains('+') ? "+" : flags.Contains(' ') ? " " : "";

    private static string Float(Value value, char type, string flags, int? precision)
    {
        if (!Numbers.TryDouble(value, out double number)) throw TemplateFault.Runtime($"must be real number, not {value.TypeName}");
        string digits = FloatDigits(Math.Abs(number), char.ToLowerInvariant(type), precision ?? 6);
        return Sign(double.IsNegative(number), flags) + (char.IsUpper(type) ? digits.ToUpperInvariant() : digits);
    }

    /// <summary>A number of no sign in the style f, e or g.</summary>
    internal static string FloatDigits(double number, char style, int precision)
    {
        if (!double.IsFinite(number)) return PythonFloat.Repr(number);
        if (style == 'f') return PythonFloat.Fixed(number, precision);
        if (style == 'e') return Exponent(number, precision);

        int digits = Math.Max(precision, 1);
        string scientific = Exponent(number, digits - 1);
        int exponent = int.Parse(scientific.AsSpan(scientific.IndexOf('e', StringComparison.Ordinal) + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (exponent >= -4 && exponent < digits) return TrimZeros(PythonFloat.Fixed(number, digits - 1 - exponent));
        int e = scientific.IndexOf('e', StringComparison.Ordinal);
        return TrimZeros(scientific[..e]) + scientific[e..];
    }

    private static string Exponent(double number, int precision)
    {
        string text = number.ToString("E" + precision.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        int e = text.IndexOf('E', StringComparison.Ordinal);
        int exponent = int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return $"{text[..e]}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
    }

    private static string TrimZeros(string digits) =>
        digits.Contains('.', StringComparison.Ordinal) ? digits.TrimEnd('0').TrimEnd('.') : digits;
}
