using Puna.Chat.Templates.Jinja.Python;

namespace Puna.Chat.Templates.Jinja.Syntax;

/// <summary>
/// Splits a template into tokens the way Jinja does with <c>trim_blocks</c> and <c>lstrip_blocks</c>: the newline after
/// a block or comment is dropped, and so is the indentation before one that begins its line; <c>-</c> strips all
/// whitespace on its side, <c>+</c> keeps it.
/// </summary>
internal sealed class Lexer
{
    private readonly string _source;
    private readonly List<Token> _tokens = [];
    private int _pos;

    /// <summary>True where the text before the current position begins a line (or the template).</summary>
    private bool _lineStarting = true;

    private Lexer(string source) => _source = source;

    /// <summary>Turns every kind of line end into <c>\n</c> and drops one at the end, as Jinja does on loading.</summary>
    public static string Normalize(string source)
    {
        string unified = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        return unified.EndsWith('\n') ? unified[..^1] : unified;
    }

    /// <param name="source">A template after <see cref="Normalize"/>.</param>
    /// <exception cref="TemplateFault">A tag or string is not closed, or a character has no meaning.</exception>
    public static List<Token> Tokenize(string source)
    {
        Lexer lexer = new(source);
        while (lexer._pos < source.Length) lexer.ReadTextAndTag();
        lexer._tokens.Add(new Token(TokenKind.End, "", source.Length));
        return lexer._tokens;
    }

    private void ReadTextAndTag()
    {
        int tag = FindTag(_pos);
        if (tag < 0)
        {
            AddData(_pos, _source.Length);
            _pos = _source.Length;
            return;
        }

        char sign = tag + 2 < _source.Length && _source[tag + 2] is '-' or '+' ? _source[tag + 2] : '\0';
        char opener = _source[tag + 1];
        AddData(_pos, EndOfTextBefore(tag, sign, canStripLine: opener != '{'));

        int inside = tag + (sign == '\0' ? 2 : 3);
        if (opener == '#') SkipComment(tag, inside);
        else if (opener == '%' && TryRawBegin(inside, out int rawStart)) ReadRaw(tag, rawStart);
        else
        {
            _tokens.Add(new Token(opener == '%' ? TokenKind.BlockBegin : TokenKind.VariableBegin, _source[tag..inside], tag));
            _pos = inside;
            ReadExpression(tag, opener == '%');
        }

        _lineStarting = _source[_pos - 1] == '\n';
    }

    private int FindTag(int from)
    {
        for (int i = _source.IndexOf('{', from); i >= 0 && i + 1 < _source.Length; i = _source.IndexOf('{', i + 1))
        {
            if (_source[i + 1] is '{' or '%' or '#') return i;
        }

        return -1;
    }

    /// <summary>Where the text in front of a tag ends once whitespace control is applied.</summary>
    private int EndOfTextBefore(int tag, char sign, bool canStripLine)
    {
        int end = tag;
        if (sign == '-')
        {
            while (end > _pos && PythonString.IsSpace(_source[end - 1])) end--;
            return end;
        }

        if (sign == '+' || !canStripLine) return tag;

        while (end > _pos && _source[end - 1] != '\n' && PythonString.IsSpace(_source[end - 1])) end--;
        bool reachesLineStart = end > _pos ? _source[end - 1] == '\n' : _lineStarting;
        return reachesLineStart ? end : tag;
    }

    private void AddData(int start, int end)
    {
        if (end > start) _tokens.Add(new Token(TokenKind.Data, _source[start..end], start));
    }

    private void SkipComment(int tag, int inside)
    {
        int close = _source.IndexOf("#}", inside, StringComparison.Ordinal);
        if (close < 0) throw TemplateFault.Syntax("this comment has no closing '#}'.", tag);

        char sign = close > inside && _source[close - 1] is '-' or '+' ? _source[close - 1] : '\0';
        _pos = AfterBlockEnd(close + 2, sign);
    }

    private bool TryRawBegin(int inside, out int rawStart)
    {
        rawStart = 0;
        int i = SkipSpace(inside);
        if (!Matches(i, "raw")) return false;

        i = SkipSpace(i + 3);
        if (Matches(i, "-%}"))
        {
            rawStart = SkipSpace(i + 3);
            return true;
        }

        rawStart = i + 2; // a raw block keeps its first newline, unlike other blocks
        return Matches(i, "%}");
    }

    private void ReadRaw(int tag, int rawStart)
    {
        _pos = rawStart;
        _lineStarting = _source[rawStart - 1] == '\n';
        for (int i = _source.IndexOf("{%", rawStart, StringComparison.Ordinal); i >= 0; i = _source.IndexOf("{%", i + 1, StringComparison.Ordinal))
        {
            int inside = i + 2;
            char sign = inside < _source.Length && _source[inside] is '-' or '+' ? _source[inside++] : '\0';
            int name = SkipSpace(inside);
            if (!Matches(name, "endraw")) continue;

            int close = SkipSpace(name + 6);
            char closeSign = close < _source.Length && _source[close] is '-' or '+' ? _source[close++] : '\0';
            if (!Matches(close, "%}")) continue;

            AddData(rawStart, EndOfTextBefore(i, sign, canStripLine: true));
            _pos = AfterBlockEnd(close + 2, closeSign);
            return;
        }

        throw TemplateFault.Syntax("this raw block has no '{% endraw %}'.", tag);
    }

    private void ReadExpression(int tag, bool isBlock)
    {
        Stack<char> open = new();
        while (true)
        {
            _pos = SkipSpace(_pos);
            if (_pos >= _source.Length) throw TemplateFault.Syntax($"this tag has no closing '{(isBlock ? "%}" : "}}")}'.", tag);
            if (open.Count == 0 && TryTagEnd(isBlock)) return;

            char c = _source[_pos];
            if (LiteralReader.TryReadNumber(_source, _pos, out Token number)) Add(number);
            else if (c == '_' || char.IsLetter(c)) Add(new Token(TokenKind.Name, _source[_pos..EndOfName(_pos)], _pos));
            else if (c is '\'' or '"')
            {
                _tokens.Add(LiteralReader.ReadString(_source, _pos, out int end));
                _pos = end;
            }
            else ReadOperator(c, open);
        }
    }

    private void Add(Token token)
    {
        _tokens.Add(token);
        _pos += token.Text.Length;
    }

    private bool TryTagEnd(bool isBlock)
    {
        int i = _pos;
        char sign = _source[i] == '-' || (isBlock && _source[i] == '+') ? _source[i++] : '\0';
        if (!Matches(i, isBlock ? "%}" : "}}")) return false;

        _tokens.Add(new Token(isBlock ? TokenKind.BlockEnd : TokenKind.VariableEnd, "", _pos));
        _pos = isBlock ? AfterBlockEnd(i + 2, sign) : sign == '-' ? SkipSpace(i + 2) : i + 2;
        return true;
    }

    private void ReadOperator(char c, Stack<char> open)
    {
        string? two = _pos + 1 < _source.Length && _source.AsSpan(_pos, 2) is "//" or "**" or "==" or "!=" or ">=" or "<="
            ? _source.Substring(_pos, 2) : null;
        if (two is null && !"+-*/%~[](){}<>=.:|,;".Contains(c))
            throw TemplateFault.Syntax($"unexpected character '{c}'.", _pos);

        if (c is '(' or '[' or '{') open.Push(c switch { '(' => ')', '[' => ']', _ => '}' });
        if (c is ')' or ']' or '}')
        {
            if (!open.TryPop(out char expected)) throw TemplateFault.Syntax($"unexpected '{c}'.", _pos);
            if (expected != c) throw TemplateFault.Syntax($"unexpected '{c}', expected '{expected}'.", _pos);
        }

        Add(new Token(TokenKind.Operator, two ?? c.ToString(), _pos));
    }

    private int AfterBlockEnd(int pos, char sign) => sign switch
    {
        '-' => SkipSpace(pos),
        '+' => pos,
        _ => pos < _source.Length && _source[pos] == '\n' ? pos + 1 : pos,
    };

    private int EndOfName(int i)
    {
        while (i < _source.Length && (_source[i] == '_' || char.IsLetterOrDigit(_source[i]))) i++;
        return i;
    }

    private int SkipSpace(int i)
    {
        while (i < _source.Length && PythonString.IsSpace(_source[i])) i++;
        return i;
    }

    private bool Matches(int i, string text) => i <= _source.Length && _source.AsSpan(i).StartsWith(text);
}
