using System.Globalization;
using System.Text;

namespace Puna.Chat.Tools;

/// <summary>
/// Reads a list of calls in Python's syntax: names, keyword arguments, literals. Beside Python's own, values may be JSON's
/// <c>true</c>, <c>false</c> and <c>null</c>, strings may hold line breaks, and <c>{k=v}</c> is a dictionary, as Meta's
/// encoder writes it. Keys of dictionaries are strings.
/// </summary>
internal ref struct PythonicCalls
{
    private const int MaxDepth = 60; // of values; JSON is read back to 64

    private readonly ReadOnlySpan<char> _source;
    private readonly StringBuilder _json = new();
    private int _position;

    private PythonicCalls(ReadOnlySpan<char> source) => _source = source;

    /// <summary>The calls; null where the text is anything else, or a name is not among <paramref name="names"/>.</summary>
    internal static List<ToolCall>? Parse(string source, IReadOnlySet<string> names)
    {
        PythonicCalls parser = new(source);
        List<ToolCall> calls = [];
        if (!parser.Skip('[')) return null;

        do
        {
            if (calls.Count > 0 && parser.Peek() == ']') break; // a comma may end the list
            if (parser.Call(names) is not { } call) return null;
            calls.Add(call);
        }
        while (parser.Skip(','));

        return parser.Skip(']') && parser._position == source.Length ? calls : null;
    }

    private ToolCall? Call(IReadOnlySet<string> names)
    {
        string name = Name();
        _json.Clear();
        return names.Contains(name) && Skip('(') && Entries(')', isDictionary: false, MaxDepth) && JsonCalls.Read(_json.ToString()) is { } arguments
            ? new ToolCall(name, arguments)
            : null;
    }

    /// <summary>Arguments, or what a dictionary holds, up to the bracket that closes them, as a JSON object.</summary>
    private bool Entries(char close, bool isDictionary, int depth)
    {
        _json.Append('{');
        for (int i = 0; Peek() != close; i++)
        {
            if (i > 0)
            {
                if (!Skip(',')) return false;
                if (Peek() == close) break;
                _json.Append(',');
            }

            if (isDictionary && Peek() is '"' or '\'')
            {
                if (!String() || !Skip(':')) return false;
            }
            else
            {
                string key = Name();
                if (key.Length == 0 || !Skip('=')) return false;
                Quote(key);
            }

            _json.Append(':');
            if (!Value(depth - 1)) return false;
        }

        _json.Append('}');
        return Skip(close);
    }

    private bool Value(int depth)
    {
        if (depth == 0) return false;
        switch (Peek())
        {
            case '"' or '\'':
                return String();
            case '[':
                return List(depth);
            case '{':
                _position++;
                return Entries('}', isDictionary: true, depth);
            case '-' or '+' or '.' or (>= '0' and <= '9'):
                return Number();
            default:
                string? literal = Name() switch
                {
                    "True" or "true" => "true",
                    "False" or "false" => "false",
                    "None" or "null" => "null",
                    _ => null,
                };
                _json.Append(literal);
                return literal is not null;
        }
    }

    private bool List(int depth)
    {
        _position++;
        _json.Append('[');
        for (int i = 0; Peek() != ']'; i++)
        {
            if (i > 0)
            {
                if (!Skip(',')) return false;
                if (Peek() == ']') break;
                _json.Append(',');
            }

            if (!Value(depth - 1)) return false;
        }

        _json.Append(']');
        return Skip(']');
    }

    /// <summary>A number; Python's <c>.5</c>, <c>1.</c> and <c>+1</c> get the form that JSON has for them.</summary>
    private bool Number()
    {
        char sign = Peek();
        if (sign is '-' or '+') _position++;
        ReadOnlySpan<char> whole = Digits();
        bool hasPoint = At(_position) == '.';
        if (hasPoint) _position++;
        ReadOnlySpan<char> fraction = hasPoint ? Digits() : [];
        if (whole.Length + fraction.Length == 0 || (whole.Length > 1 && whole[0] == '0')) return false;

        if (sign == '-') _json.Append('-');
        _json.Append(whole.IsEmpty ? "0" : whole);
        if (hasPoint) _json.Append('.').Append(fraction.IsEmpty ? "0" : fraction);
        if (At(_position) is not ('e' or 'E')) return true;

        _position++;
        _json.Append('e');
        if (At(_position) is '-' or '+') _json.Append(At(_position++));
        ReadOnlySpan<char> exponent = Digits();
        _json.Append(exponent);
        return !exponent.IsEmpty;
    }

    private ReadOnlySpan<char> Digits()
    {
        int start = _position;
        while (char.IsAsciiDigit(At(_position))) _position++;
        return _source[start.._position];
    }

    private bool String()
    {
        char quote = Peek();
        _position++;
        StringBuilder text = new();
        while (_position < _source.Length)
        {
            char c = _source[_position++];
            if (c == quote)
            {
                Quote(text.ToString());
                return true;
            }

            if (c != '\\') text.Append(c);
            else if (!Escape(text)) return false;
        }

        return false;
    }

    private bool Escape(StringBuilder text)
    {
        if (_position >= _source.Length) return false;

        char c = _source[_position++];
        switch (c)
        {
            case '\\' or '\'' or '"' or '/': text.Append(c); return true;
            case '\n': return true; // the line goes on
            case 'n': text.Append('\n'); return true;
            case 't': text.Append('\t'); return true;
            case 'r': text.Append('\r'); return true;
            case 'b': text.Append('\b'); return true;
            case 'f': text.Append('\f'); return true;
            case 'a': text.Append('\a'); return true;
            case 'v': text.Append('\v'); return true;
            case 'x': return CodePoint(2, text);
            case 'u': return CodePoint(4, text);
            case 'U': return CodePoint(8, text);
            case 'N': return false; // characters by their Unicode names are not known here
            case >= '0' and <= '7':
                int value = c - '0';
                for (int i = 0; i < 2 && At(_position) is >= '0' and <= '7'; i++) value = value * 8 + (_source[_position++] - '0');
                text.Append((char)value);
                return true;
            default: text.Append('\\').Append(c); return true; // Python keeps a backslash that means nothing
        }
    }

    private bool CodePoint(int digits, StringBuilder text)
    {
        if (_position + digits > _source.Length || !uint.TryParse(_source.Slice(_position, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value)) return false;

        _position += digits;
        if (value <= char.MaxValue) text.Append((char)value); // pairs of \u escapes meet as pairs of chars
        else if (Rune.IsValid(value)) text.Append(new Rune(value).ToString());
        else return false;
        return true;
    }

    /// <summary>Writes a string of JSON. Half of a surrogate pair fails when the JSON is read.</summary>
    private readonly void Quote(string text)
    {
        _json.Append('"');
        foreach (char c in text)
        {
            switch (c)
            {
                case '"' or '\\': _json.Append('\\').Append(c); break;
                case '\n': _json.Append("\\n"); break;
                case '\t': _json.Append("\\t"); break;
                case < ' ': _json.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"); break;
                default: _json.Append(c); break;
            }
        }

        _json.Append('"');
    }

    private string Name()
    {
        Peek();
        int start = _position;
        while (_position < _source.Length && (char.IsLetterOrDigit(_source[_position]) || _source[_position] is '_' or '-' or '.')) _position++;
        return _source[start.._position].ToString();
    }

    private bool Skip(char c)
    {
        if (Peek() != c) return false;

        _position++;
        return true;
    }

    /// <summary>The next character that is not white space; 0 at the end.</summary>
    private char Peek()
    {
        while (_position < _source.Length && char.IsWhiteSpace(_source[_position])) _position++;
        return At(_position);
    }

    private readonly char At(int index) => index < _source.Length ? _source[index] : '\0';
}
