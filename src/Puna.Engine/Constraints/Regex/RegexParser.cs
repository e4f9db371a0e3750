using System.Globalization;
using System.Text;
using Puna.Engine.Constraints.Automata;

namespace Puna.Engine.Constraints.Regex;

/// <summary>
/// Reads a regular expression in the syntax of ECMA-262 with the <c>u</c> flag, on whose errors it is milder: any punctuation may be
/// escaped. What needs memory or looks back (references, <c>\b</c>, look-behind) is refused.
/// </summary>
internal sealed class RegexParser
{
    private const int MaxDepth = 100;
    private const int MaxLength = 20_000;
    private const int MaxCount = 20_000;

    private readonly int[] _text; // code points
    private int _at;
    private int _depth;

    private RegexParser(string pattern)
    {
        if (pattern.Length > MaxLength) throw new RegexException($"the expression has {pattern.Length} characters; {MaxLength} are allowed", 0);
        _text = [.. pattern.EnumerateRunes().Select(rune => rune.Value)];
    }

    private bool AtEnd => _at == _text.Length;

    /// <exception cref="RegexException">It is malformed, or uses what no automaton can do.</exception>
    internal static RegexNode Parse(string pattern)
    {
        RegexParser parser = new(pattern);
        RegexNode node = parser.ReadChoice();
        return parser.AtEnd ? node : throw parser.Error("a ) without a (");
    }

    private RegexNode ReadChoice()
    {
        if (++_depth > MaxDepth) throw Error($"groups are nested more than {MaxDepth} deep");

        List<RegexNode> choices = [ReadSequence()];
        while (Take('|')) choices.Add(ReadSequence());
        _depth--;
        return choices.Count == 1 ? choices[0] : new RegexNode.Choice(choices);
    }

    private RegexNode ReadSequence()
    {
        List<RegexNode> items = [];
        while (!AtEnd && _text[_at] is not ('|' or ')')) items.Add(ReadItem());
        return items.Count switch { 0 => new RegexNode.Empty(), 1 => items[0], _ => new RegexNode.Sequence(items) };
    }

    private RegexNode ReadItem()
    {
        int position = _at;
        RegexNode atom = ReadAtom();
        if (!ReadQuantifier(out int least, out int? most)) return atom;
        if (atom is RegexNode.Begin or RegexNode.End or RegexNode.LookAhead) throw new RegexException("an assertion cannot be repeated", position);

        return new RegexNode.Repeat(atom, least, most);
    }

    private bool ReadQuantifier(out int least, out int? most)
    {
        (least, most) = (0, null);
        if (AtEnd) return false;

        int start = _at;
        switch (_text[_at])
        {
            case '*': _at++; break;
            case '+': (_at, least) = (_at + 1, 1); break;
            case '?': (_at, most) = (_at + 1, 1); break;
            case '{':
                _at++;
                least = ReadCount() ?? throw Error("a number must follow {; write \\{ for the character");
                most = least;
                if (Take(',')) most = ReadCount();
                if (!Take('}')) throw Error("a } is missing");
                if (most < least) throw new RegexException($"{{{least},{most}}} has its bounds in the wrong order", start);
                break;
            default: return false;
        }

        Take('?'); // lazy: the same strings
        if (!AtEnd && _text[_at] is '*' or '+' or '?' or '{') throw Error("nothing to repeat");
        return true;
    }

    private int? ReadCount()
    {
        int start = _at, value = 0;
        while (!AtEnd && _text[_at] is >= '0' and <= '9')
        {
            value = (value * 10) + _text[_at++] - '0';
            if (value > MaxCount) throw Error($"a repetition above {MaxCount}");
        }

        return _at == start ? null : value;
    }

    private RegexNode ReadAtom()
    {
        int c = _text[_at++];
        switch (c)
        {
            case '^': return new RegexNode.Begin();
            case '$': return new RegexNode.End();
            case '.': return new RegexNode.Set(CharacterClasses.Dot);
            case '(': return ReadGroup();
            case '[': return new RegexNode.Set(ReadClass());
            case '\\': return new RegexNode.Set(ReadEscape(inClass: false, out _));
            case '*' or '+' or '?' or '{':
                _at--;
                throw Error("nothing to repeat");
            default: return new RegexNode.Set(CodePointSet.Of(c)); // ] and } alone stand for themselves
        }
    }

    private RegexNode ReadGroup()
    {
        int start = _at - 1;
        if (!Take('?')) return Closed(ReadChoice());
        if (Take(':')) return Closed(ReadChoice());
        if (Take('=')) return new RegexNode.LookAhead(Closed(ReadChoice()), Negative: false, start);
        if (Take('!')) return new RegexNode.LookAhead(Closed(ReadChoice()), Negative: true, start);
        if (Take('<'))
        {
            if (!AtEnd && _text[_at] is '=' or '!') throw new RegexException("look-behind is not supported", start);
            while (!AtEnd && _text[_at] != '>') _at++;
            return Take('>') ? Closed(ReadChoice()) : throw Error("a > is missing");
        }

        throw new RegexException("a group of this kind is not part of ECMA-262 or not supported; (?:…), (?=…), (?!…) and (?<name>…) are", start);
    }

    private RegexNode Closed(RegexNode inside) => Take(')') ? inside : throw Error("a ) is missing");

    private CodePointSet ReadClass()
    {
        int start = _at - 1;
        bool negative = Take('^');
        List<(int, int)> ranges = [];
        while (true)
        {
            if (AtEnd) throw new RegexException("a ] is missing", start);
            if (Take(']')) break;

            CodePointSet low = ReadClassItem(out int? lowCharacter);
            if (!AtEnd && _text[_at] == '-' && _at + 1 < _text.Length && _text[_at + 1] != ']')
            {
                int at = _at++;
                ReadClassItem(out int? highCharacter);
                if (lowCharacter is null || highCharacter is null) throw new RegexException("a range needs a character on both sides", at);
                if (highCharacter < lowCharacter) throw new RegexException("a range has its bounds in the wrong order", at);
                ranges.Add((lowCharacter.Value, highCharacter.Value));
            }
            else
            {
                ranges.AddRange(low.Ranges);
            }
        }

        CodePointSet set = CodePointSet.Of(ranges);
        return negative ? set.Complement() : set;
    }

    private CodePointSet ReadClassItem(out int? character)
    {
        if (AtEnd) throw Error("a ] is missing");
        int c = _text[_at++];
        if (c == '\\') return ReadEscape(inClass: true, out character);
        character = c;
        return CodePointSet.Of(c);
    }

    private CodePointSet ReadEscape(bool inClass, out int? character)
    {
        character = null;
        if (AtEnd) throw Error("a character must follow \\");

        int c = _text[_at++];
        switch (c)
        {
            case 'd': return CharacterClasses.Digit;
            case 'D': return CharacterClasses.Digit.Complement();
            case 'w': return CharacterClasses.Word;
            case 'W': return CharacterClasses.Word.Complement();
            case 's': return CharacterClasses.Space;
            case 'S': return CharacterClasses.Space.Complement();
            case 'p' or 'P': return ReadProperty(c == 'P');
        }

        character = c switch
        {
            't' => '\t',
            'n' => '\n',
            'v' => '\v',
            'f' => '\f',
            'r' => '\r',
            'b' when inClass => '\b',
            '0' when AtEnd || _text[_at] is < '0' or > '9' => 0,
            'x' => ReadHex(2),
            'u' => ReadUnicode(),
            'c' when !AtEnd && _text[_at] is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') => _text[_at++] & 31,
            'b' or 'B' => throw Error("word boundaries are not supported; write out what may stand there"),
            'k' or (>= '1' and <= '9') => throw Error("references to groups are not supported: no automaton can match them"),
            'A' or 'z' or 'Z' => throw Error("write ^ and $ instead of \\A, \\z and \\Z"),
            (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9') => throw Error($"\\{(char)c} is unknown"),
            _ => c,
        };
        return CodePointSet.Of(character.Value);
    }

    private CodePointSet ReadProperty(bool negative)
    {
        if (!Take('{')) throw Error("a { must follow \\p");
        StringBuilder name = new();
        while (!AtEnd && _text[_at] != '}') name.Append(char.ConvertFromUtf32(_text[_at++]));
        if (!Take('}')) throw Error("a } is missing");

        CodePointSet set = CharacterClasses.Property(name.ToString())
            ?? throw Error($"the property '{name}' is unknown here; general categories such as L, Lu or Nd are known");
        return negative ? set.Complement() : set;
    }

    private int ReadUnicode()
    {
        if (Take('{'))
        {
            int value = 0, digits = 0;
            while (!AtEnd && _text[_at] != '}' && digits++ < 8) value = (value * 16) + Digit(_text[_at++]);
            if (!Take('}') || digits == 0 || value > CodePointSet.MaxCodePoint) throw Error("a code point between { and } is needed");
            return value;
        }

        int high = ReadHex(4);
        if (high is < 0xD800 or > 0xDBFF) return high;
        if (_at + 1 < _text.Length && _text[_at] == '\\' && _text[_at + 1] == 'u')
        {
            int back = _at;
            _at += 2;
            int low = ReadHex(4);
            if (low is >= 0xDC00 and <= 0xDFFF) return char.ConvertToUtf32((char)high, (char)low);
            _at = back;
        }

        return high;
    }

    private int ReadHex(int digits)
    {
        int value = 0;
        for (int i = 0; i < digits; i++) value = (value * 16) + (AtEnd ? throw Error($"{digits} hexadecimal digits are needed") : Digit(_text[_at++]));
        return value;
    }

    private int Digit(int c) => c <= 'f' && char.IsAsciiHexDigit((char)c)
        ? int.Parse([(char)c], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
        : throw Error("a hexadecimal digit is needed");

    private bool Take(char c)
    {
        if (AtEnd || _text[_at] != c) return false;
        _at++;
        return true;
    }

    private RegexException Error(string problem) => new(problem, Math.Min(_at, _text.Length));
}
