using System.Globalization;
using System.Numerics;
using Puna.Chat.Templates.Jinja.Values;

namespace Puna.Chat.Templates.Jinja.Python;

/// <summary>Python's <c>text.format(...)</c>, with the field access of the sandbox.</summary>
internal static class BraceFormat
{
    public static Text Format(Text format, Arguments arguments, Interpreter interpreter)
    {
        TextBuilder output = new(interpreter.Budget);
        int next = 0;
        for (int i = 0; i < format.Length;)
        {
            int brace = format.Chars.AsSpan(i).IndexOfAny('{', '}');
            int end = brace < 0 ? format.Length : i + brace;
            output.Append(format, i, end - i);
            if (end == format.Length) break;

            char c = format.Chars[end];
            if (end + 1 < format.Length && format.Chars[end + 1] == c)
            {
                output.Append(format, end, 1);
                i = end + 2;
                continue;
            }

            int close = c == '{' ? format.Chars.IndexOf('}', end) : -1;
            if (close < 0) throw TemplateFault.Runtime($"Single '{c}' encountered in format string");
            AppendField(output, format.Chars[(end + 1)..close], arguments, interpreter, ref next);
            i = close + 1;
        }

        return output.ToText();
    }

    private static void AppendField(TextBuilder output, string field, Arguments arguments, Interpreter interpreter, ref int next)
    {
        int colon = field.IndexOf(':', StringComparison.Ordinal);
        string spec = colon < 0 ? "" : field[(colon + 1)..];
        string path = colon < 0 ? field : field[..colon];
        if (spec.Contains('{', StringComparison.Ordinal)) throw TemplateFault.Runtime("nested format fields are not supported");

        char conversion = '\0';
        int bang = path.IndexOf('!', StringComparison.Ordinal);
        if (bang >= 0)
        {
            conversion = path.EndsWith("!r", StringComparison.Ordinal) ? 'r' : path.EndsWith("!s", StringComparison.Ordinal) ? 's'
                : throw TemplateFault.Runtime($"unknown conversion in '{path}'");
            path = path[..bang];
        }

        int rest = path.AsSpan().IndexOfAny('.', '[');
        string head = rest < 0 ? path : path[..rest];
        Value value = Head(head, arguments, ref next);
        if (rest >= 0) value = Walk(value, path[rest..], interpreter);
        if (conversion == 'r') value = PercentFormat.Repr(value, output.Budget);
        if (conversion == 's') value = PercentFormat.Str(value, output.Budget);
        AppendSpec(output, value, spec);
    }

    private static Value Head(string head, Arguments arguments, ref int next)
    {
        int index = -1;
        if (head.Length == 0) index = next++;
        else if (char.IsAsciiDigit(head[0]) && !int.TryParse(head, CultureInfo.InvariantCulture, out index)) index = int.MaxValue;
        if (index >= 0)
            return index < arguments.Positional.Count ? arguments.Positional[index]
                : throw TemplateFault.Runtime($"Replacement index {index} out of range for positional args tuple");

        foreach ((Text name, Value value) in arguments.Keywords)
        {
            if (name.Chars == head) return value;
        }

        throw TemplateFault.Runtime($"'{head}'");
    }

    private static Value Walk(Value value, string path, Interpreter interpreter)
    {
        for (int i = 0; i < path.Length;)
        {
            bool isItem = path[i] == '[';
            int end = isItem ? path.IndexOf(']', i) : path.AsSpan(i + 1).IndexOfAny('.', '[') is >= 0 and int n ? i + 1 + n : path.Length;
            if (end < 0) throw TemplateFault.Runtime("expected '}' before end of string");
            string name = path[(i + 1)..end];
            value = !isItem ? interpreter.GetAttribute(value, name)
                : int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int index) ? interpreter.GetItem(value, Value.Of(index))
                : interpreter.GetItem(value, Text.Trusted(name));
            i = isItem ? end + 1 : end;
        }

        return value;
    }

    /// <summary>[[fill]align][sign][#][0][width][,][.precision][type]</summary>
    private static void AppendSpec(TextBuilder output, Value value, string spec)
    {
        if (spec.Length == 0)
        {
            value.AppendStr(output);
            return;
        }

        int i = 0;
        char fill = ' ', align = '\0', sign = '-';
        if (spec.Length > 1 && spec[1] is '<' or '>' or '^' or '=') (fill, align, i) = (spec[0], spec[1], 2);
        else if (spec[0] is '<' or '>' or '^' or '=') (align, i) = (spec[0], 1);
        if (i < spec.Length && spec[i] is '+' or '-' or ' ') sign = spec[i++];
        if (i < spec.Length && spec[i] == '#') i++;
        if (i < spec.Length && spec[i] == '0')
        {
            if (align == '\0') (fill, align) = ('0', '=');
            i++;
        }

        int width = ReadNumber(spec, ref i) ?? 0;
        bool grouped = i < spec.Length && spec[i] == ',';
        if (grouped) i++;
        int? precision = null;
        if (i < spec.Length && spec[i] == '.')
        {
            i++;
            precision = ReadNumber(spec, ref i) ?? throw TemplateFault.Runtime("Format specifier missing precision");
        }

        char type = i < spec.Length ? spec[i++] : '\0';
        if (i < spec.Length) throw TemplateFault.Runtime($"Invalid format specifier '{spec}'");

        (string lead, Text body) = Body(value, type, sign, grouped, precision, output.Budget);
        int padding = Math.Max(0, width - body.CodePoints - lead.Length);
        if (align == '\0') align = value is Text ? '<' : '>';
        int before = align switch { '>' => padding, '^' => padding / 2, _ => 0 };
        output.Append(new string(fill, before)).Append(lead);
        if (align == '=') output.Append(new string(fill, padding));
        output.Append(body);
        if (align is '<' or '^') output.Append(new string(fill, padding - before));
    }

    private static int? ReadNumber(string spec, ref int i)
    {
        int start = i;
        while (i < spec.Length && char.IsAsciiDigit(spec[i])) i++;
        if (i == start) return null;
        int value = i - start > 5 ? int.MaxValue : int.Parse(spec.AsSpan(start, i - start), CultureInfo.InvariantCulture);
        return value <= PercentFormat.MaxWidth ? value : throw TemplateFault.Limit($"a field width or precision beyond {PercentFormat.MaxWidth}.");
    }

    private static (string Lead, Text Body) Body(Value value, char type, char sign, bool grouped, int? precision, RenderBudget budget)
    {
        if (value is Text text)
        {
            if (type is not ('\0' or 's')) throw TemplateFault.Runtime($"Unknown format code '{type}' for object of type 'str'");
            return ("", precision is { } p && p < text.CodePoints ? text.Slice(0, text.OffsetOf(p)) : text);
        }

        string Lead(bool negative) => negative ? "-" : sign == '-' ? "" : sign.ToString();
        if (Numbers.TryInteger(value, out BigInteger integer) && type is '\0' or 'd' or 'x' or 'X' or 'o' or 'b')
        {
            int radix = type switch { 'x' or 'X' => 16, 'o' => 8, 'b' => 2, _ => 10 };
            string digits = PercentFormat.IntegerDigits(BigInteger.Abs(integer), radix, type == 'X');
            return (Lead(integer.Sign < 0), Text.Trusted(grouped ? Group(digits) : digits));
        }

        if (!Numbers.TryDouble(value, out double number)) throw TemplateFault.Runtime($"unsupported format string passed to {value.TypeName}.__format__");
        string shown = type switch
        {
            '\0' when precision is null => PythonFloat.Repr(Math.Abs(number)),
            'f' or 'F' or 'e' or 'g' or '\0' => PercentFormat.FloatDigits(Math.Abs(number), type == '\0' ? 'g' : char.ToLowerInvariant(type), precision ?? 6),
            '%' => PythonFloat.Fixed(Math.Abs(number) * 100, precision ?? 6) + "%",
            _ => throw TemplateFault.Runtime($"Unknown format code '{type}' for object of type '{value.TypeName}'"),
        };
        int point = shown.IndexOf('.', StringComparison.Ordinal);
        if (grouped) shown = point < 0 ? Group(shown) : Group(shown[..point]) + shown[point..];
        return (Lead(double.IsNegative(number)), Text.Trusted(shown));
    }

    private static string Group(string digits)
    {
        for (int i = digits.Length - 3; i > 0; i -= 3) digits = digits.Insert(i, ",");
        return digits;
    }
}
