using System.Globalization;
using System.Numerics;
using System.Text;
using Puna.Chat.Templates.Jinja.Values;

namespace Puna.Chat.Templates.Jinja.Syntax;

/// <summary>Reads number and string literals with Python's spelling rules.</summary>
internal static class LiteralReader
{
    /// <summary>Longest run of digits accepted; Python refuses to convert more than 4300.</summary>
    private const int MaxDigits = 2000;

    public static bool TryReadNumber(string source, int start, out Token token)
    {
        token = default;
        if (!char.IsAsciiDigit(source[start])) return false;

        int end = start;
        Value value = TryReadPrefixed(source, start, ref end, out BigInteger prefixed)
            ? new IntValue(prefixed)
            : ReadDecimal(source, start, ref end);
        token = new Token(TokenKind.Number, source[start..end], start, value);
        return true;
    }

    public static Token ReadString(string source, int start, out int end)
    {
        char quote = source[start];
        StringBuilder text = new();
        int i = start + 1;
        while (true)
        {
            if (i >= source.Length) throw TemplateFault.Syntax("this string is not closed.", start);

            char c = source[i++];
            if (c == quote) break;
            if (c != '\\') text.Append(c);
            else if (i < source.Length) ReadEscape(source, ref i, text);
        }

        end = i;
        return new Token(TokenKind.String, text.ToString(), start);
    }

    private static bool TryReadPrefixed(string source, int start, ref int end, out BigInteger value)
    {
        value = 0;
        if (source[start] != '0' || start + 2 >= source.Length) return false;

        int radix = source[start + 1] switch { 'x' or 'X' => 16, 'b' or 'B' => 2, 'o' or 'O' => 8, _ => 0 };
        if (radix == 0 || DigitOf(source[start + 2]) >= radix) return false;

        int i = start + 2;
        for (; i < source.Length && (source[i] == '_' || DigitOf(source[i]) < radix); i++)
        {
            if (i - start > MaxDigits) throw TemplateFault.Syntax($"a number has more than {MaxDigits} digits.", start);
            if (source[i] != '_') value = (value * radix) + DigitOf(source[i]);
        }

        end = i;
        return true;
    }

    private static Value ReadDecimal(string source, int start, ref int end)
    {
        int i = Digits(source, start);
        bool isFloat = false;
        bool afterDot = start > 0 && source[start - 1] == '.'; // x.0.1 indexes twice
        if (!afterDot && i + 1 < source.Length && source[i] == '.' && char.IsAsciiDigit(source[i + 1]))
        {
            i = Digits(source, i + 1);
            isFloat = true;
        }

        if (!afterDot && i < source.Length && source[i] is 'e' or 'E')
        {
            int exponent = i + 1 < source.Length && source[i + 1] is '+' or '-' ? i + 2 : i + 1;
            if (exponent < source.Length && char.IsAsciiDigit(source[exponent]))
            {
                i = Digits(source, exponent);
                isFloat = true;
            }
        }

        if (!isFloat && source[start] == '0') i = Zeros(source, start);
        if (i - start > MaxDigits) throw TemplateFault.Syntax($"a number has more than {MaxDigits} digits.", start);

        end = i;
        string digits = source[start..i].Replace("_", "", StringComparison.Ordinal);
        return isFloat
            ? new FloatValue(double.Parse(digits, NumberStyles.Float, CultureInfo.InvariantCulture))
            : new IntValue(BigInteger.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture));
    }

    private static int Digits(string source, int i)
    {
        while (i < source.Length &&
            (char.IsAsciiDigit(source[i]) || (source[i] == '_' && i + 1 < source.Length && char.IsAsciiDigit(source[i + 1])))) i++;
        return i;
    }

    private static int Zeros(string source, int i)
    {
        while (i < source.Length && source[i] is '0' or '_') i++;
        return i;
    }

    private static int DigitOf(char c) => char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : 99;

    /// <summary>Reads what follows a backslash; an unknown escape keeps its backslash.</summary>
    private static void ReadEscape(string source, ref int i, StringBuilder text)
    {
        int start = i - 1;
        char c = source[i++];
        switch (c)
        {
            case '\n': break; // a line continued inside the string
            case '\\' or '\'' or '"': text.Append(c); break;
            case 'n': text.Append('\n'); break;
            case 't': text.Append('\t'); break;
            case 'r': text.Append('\r'); break;
            case 'a': text.Append('\a'); break;
            case 'b': text.Append('\b'); break;
            case 'f': text.Append('\f'); break;
            case 'v': text.Append('\v'); break;
            case 'x': AppendHex(source, ref i, 2, start, text); break;
            case 'u': AppendHex(source, ref i, 4, start, text); break;
            case 'U': AppendHex(source, ref i, 8, start, text); break;
            case 'N': throw TemplateFault.Syntax("characters by name (\\N{...}) are not supported; use \\u with its number.", start);
            case >= '0' and <= '7':
                int value = c - '0';
                for (int n = 0; n < 2 && i < source.Length && source[i] is >= '0' and <= '7'; n++) value = (value * 8) + source[i++] - '0';
                text.Append((char)value);
                break;
            default: text.Append('\\').Append(c); break;
        }
    }

    private static void AppendHex(string source, ref int i, int digits, int start, StringBuilder text)
    {
        if (i + digits > source.Length ||
            !int.TryParse(source.AsSpan(i, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value) ||
            value is < 0 or > 0x10FFFF)
            throw TemplateFault.Syntax($"this escape needs {digits} hexadecimal digits of a character.", start);

        i += digits;
        if (value > 0xFFFF) text.Append(char.ConvertFromUtf32(value));
        else text.Append((char)value);
    }
}
