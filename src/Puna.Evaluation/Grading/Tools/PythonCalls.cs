using System.Globalization;
using System.Numerics;
using System.Text;

namespace Puna.Evaluation.Grading.Tools;

/// <summary>
/// Reads calls written as a Python list, <c>[f(a=1), g.h(b="x")]</c>: the form that BFCL's prompts ask for. Values are
/// literals; anything else (names, arithmetic) is kept as its text, which equals no typed reference.
/// </summary>
internal sealed class PythonCalls
{
    private const int MaxLength = 1 << 16;
    private const int MaxDepth = 32;

    private readonly string _text;
    private int _at;

    private PythonCalls(string text) => _text = text;

    private sealed class NotCallsException : Exception;

    private char Peek => _at < _text.Length ? _text[_at] : '\0';

    /// <summary>The calls, or null where the text is none: an answer in words.</summary>
    public static IReadOnlyList<ToolCall>? Parse(string output)
    {
        string text = output.Trim().Trim('`').Trim();
        if (text.StartsWith("python\n", StringComparison.Ordinal)) text = text["python\n".Length..].Trim();
        if (text.Length == 0 || text.Length > MaxLength) return null;
        if (text[0] != '[') text = "[" + text + "]"; // a single call without its list, as upstream

        PythonCalls parser = new(text);
        try
        {
            return parser.Calls();
        }
        catch (NotCallsException)
        {
            return null;
        }
    }

    private List<ToolCall> Calls()
    {
        Expect('[');
        List<ToolCall> calls = [];
        while (!Accept(']'))
        {
            calls.Add(Call());
            if (Accept(',')) continue;
            Expect(']');
            break;
        }

        Skip();
        return _at == _text.Length ? calls : throw new NotCallsException();
    }

    private ToolCall Call()
    {
        string name = Name();
        Expect('(');
        Dictionary<string, object?> arguments = new(StringComparer.Ordinal);
        while (!Accept(')'))
        {
            int start = _at;
            string? parameter = TryName();
            if (parameter is not null && Accept('=') && Peek != '=') arguments[parameter] = Value(0);
            else
            {
                _at = start;
                Value(0);
            }

            if (Accept(',')) continue;
            Expect(')');
            break;
        }

        return new ToolCall(name, arguments);
    }

    private object? Value(int depth)
    {
        if (depth > MaxDepth) throw new NotCallsException();
        Skip();
        char c = Peek;
        if (c == '[') return Items('[', ']', depth);
        if (c == '(') return Items('(', ')', depth);
        if (c == '{') return Dictionary(depth);
        if (c is '"' or '\'') return Strings();
        if (c is 'r' or 'R' or 'b' or 'B' or 'f' or 'F' or 'u' or 'U' && _at + 1 < _text.Length && _text[_at + 1] is '"' or '\'') return Prefixed();
        if (char.IsAsciiDigit(c) || c is '-' or '+' or '.') return Number();

        string word = Name();
        switch (word)
        {
            case "True" or "true": return true;
            case "False" or "false": return false;
            case "None" or "null": return null;
        }

        if (Peek != '(') return word;

        int start = _at;
        Items('(', ')', depth); // a nested call stays text
        return word + _text[start.._at];
    }

    private string Prefixed()
    {
        bool raw = char.ToLowerInvariant(Peek) == 'r';
        _at++;
        return String(raw);
    }

    private string Strings()
    {
        string value = String(raw: false);
        for (Skip(); Peek is '"' or '\''; Skip()) value += String(raw: false); // neighbours are one string
        return value;
    }

    private List<object?> Items(char open, char close, int depth)
    {
        Expect(open);
        List<object?> items = [];
        while (!Accept(close))
        {
            int start = _at;
            if (open == '(' && TryName() is not null && Accept('=')) Value(depth + 1);
            else
            {
                _at = start;
                items.Add(Value(depth + 1));
            }

            if (Accept(',')) continue;
            Expect(close);
            break;
        }

        return items;
    }

    private Dictionary<string, object?> Dictionary(int depth)
    {
        Expect('{');
        Dictionary<string, object?> members = new(StringComparer.Ordinal);
        while (!Accept('}'))
        {
            object? key = Value(depth + 1);
            Expect(':');
            members[key as string ?? Convert.ToString(key, CultureInfo.InvariantCulture) ?? "None"] = Value(depth + 1);
            if (Accept(',')) continue;
            Expect('}');
            break;
        }

        return members;
    }

    private object Number()
    {
        int start = _at;
        if (Peek is '-' or '+') _at++;
        while (char.IsAsciiLetterOrDigit(Peek) || Peek is '.' or '_' || (Peek is '+' or '-' && _text[_at - 1] is 'e' or 'E')) _at++;
        string text = _text[start.._at].Replace("_", "", StringComparison.Ordinal);
        if (BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger whole)) return whole;
        if (text.Contains('x', StringComparison.Ordinal) || !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)) throw new NotCallsException();
        return number;
    }

    private string String(bool raw)
    {
        char quote = Peek;
        bool triple = string.CompareOrdinal(_text, _at, new string(quote, 3), 0, 3) == 0;
        string end = new(quote, triple ? 3 : 1);
        _at += end.Length;

        StringBuilder value = new();
        while (string.CompareOrdinal(_text, _at, end, 0, end.Length) != 0)
        {
            char c = Read();
            if (c == '\n' && !triple) throw new NotCallsException();
            if (c != '\\' || raw) value.Append(c);
            else Escape(value);
        }

        _at += end.Length;
        return value.ToString();
    }

    private void Escape(StringBuilder value)
    {
        char c = Read();
        switch (c)
        {
            case 'n': value.Append('\n'); break;
            case 't': value.Append('\t'); break;
            case 'r': value.Append('\r'); break;
            case '\n': break;
            case '\\' or '\'' or '"': value.Append(c); break;
            case 'u' or 'x':
                int length = c == 'u' ? 4 : 2;
                if (_at + length > _text.Length || !int.TryParse(_text.AsSpan(_at, length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int code)) throw new NotCallsException();
                value.Append((char)code);
                _at += length;
                break;
            default: value.Append('\\').Append(c); break; // Python keeps what it does not know
        }
    }

    private string Name() => TryName() ?? throw new NotCallsException();

    private string? TryName()
    {
        Skip();
        int start = _at;
        while (char.IsLetterOrDigit(Peek) || Peek is '_' or '.') _at++;
        if (_at == start || char.IsDigit(_text[start]))
        {
            _at = start;
            return null;
        }

        string name = _text[start.._at];
        Skip();
        return name;
    }

    private char Read() => _at < _text.Length ? _text[_at++] : throw new NotCallsException();

    private void Skip()
    {
        while (char.IsWhiteSpace(Peek)) _at++;
    }

    private bool Accept(char c)
    {
        Skip();
        if (Peek != c) return false;
        _at++;
        Skip();
        return true;
    }

    private void Expect(char c)
    {
        if (!Accept(c)) throw new NotCallsException();
    }
}
