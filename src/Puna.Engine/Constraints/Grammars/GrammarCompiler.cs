using System.Globalization;
using System.Text;
using Puna.Engine.Constraints.Automata;
using Puna.Engine.Constraints.Matching;

namespace Puna.Engine.Constraints.Grammars;

/// <summary>Makes the program of a grammar in llama.cpp's GBNF notation. Rules that reach themselves without reading anything are refused.</summary>
internal sealed class GrammarCompiler
{
    private const int MaxLength = 200_000;
    private const int MaxDepth = 100;
    private const int MaxStates = 50_000;

    private readonly string _text;
    private readonly Dictionary<string, GrammarRule> _rules = [];
    private readonly Dictionary<string, int> _defined = [];
    private readonly List<(string Name, int At)> _used = [];
    private readonly List<GrammarState> _states = [];
    private readonly List<GrammarRule> _all = [];
    private readonly List<GrammarRepeat> _repeats = [];
    private int _at;
    private int _depth;

    private GrammarCompiler(string text) => _text = text;

    private bool AtEnd => _at >= _text.Length;

    /// <exception cref="ConstraintException">The grammar is malformed, left-recursive or too large; the pointer is line and column.</exception>
    internal static Program Compile(string text)
    {
        if (text.Length > MaxLength) throw new ConstraintException("", $"the grammar has {text.Length} characters; {MaxLength} are allowed.");
        GrammarCompiler compiler = new(text);
        try
        {
            compiler.ReadRules();
        }
        catch (AutomatonLimitException limit)
        {
            throw compiler.Error($"it is too large: {limit.Message}");
        }

        if (!compiler._defined.ContainsKey("root")) throw new ConstraintException("", "the grammar has no rule named root, where it begins.");
        foreach ((string name, int at) in compiler._used)
        {
            if (!compiler._defined.ContainsKey(name)) throw compiler.Error($"there is no rule named {name}", at);
        }

        GrammarRule root = compiler._rules["root"];
        GrammarLengths.Find(compiler._states);
        if (LeftRecursion.Find(compiler._all) is { } recursive) throw compiler.Error($"the rule {recursive} begins with itself (left recursion). Write the repetition with *", compiler._defined.GetValueOrDefault(recursive));
        GrammarLengths.RemoveDeadWays(compiler._states);
        if (root.Start.MinBytes == Dfa.Unbounded) throw new ConstraintException("", "the grammar derives no text: every derivation goes on for ever.");
        return new Program(root, null, null);
    }

    private void ReadRules()
    {
        for (SkipSpace(lines: true); !AtEnd; SkipSpace(lines: true))
        {
            int start = _at;
            string name = ReadName() ?? throw Error("the name of a rule is needed");
            SkipSpace(lines: false);
            if (!_text.AsSpan(_at).StartsWith("::=")) throw Error("::= is needed after the name of a rule");
            _at += 3;
            SkipSpace(lines: true);
            if (!_defined.TryAdd(name, start)) throw Error($"the rule {name} is defined twice", start);
            GrammarRule rule = Rule(name);
            GrammarState end = State();
            end.IsEnd = true;
            ReadChoice(rule.Start, end, nested: false);
            if (!AtEnd && _text[_at] is not ('\n' or '\r')) throw Error($"'{_text[_at]}' is not expected here");
        }
    }

    private void ReadChoice(GrammarState from, GrammarState to, bool nested)
    {
        if (++_depth > MaxDepth) throw Error($"groups are nested more than {MaxDepth} deep");
        do
        {
            SkipSpace(lines: true);
            ReadSequence(from, to, nested);
            SkipSpace(lines: nested);
        }
        while (TakeBar(nested));
        _depth--;
    }

    /// <summary>An alternative may begin on the next line.</summary>
    private bool TakeBar(bool nested)
    {
        int back = _at;
        SkipSpace(lines: true);
        if (!AtEnd && _text[_at] == '|')
        {
            _at++;
            return true;
        }

        if (!nested) _at = back;
        return false;
    }

    private void ReadSequence(GrammarState from, GrammarState to, bool nested)
    {
        while (true)
        {
            SkipSpace(lines: nested);
            if (AtEnd || _text[_at] is '|' or ')' or '\n' or '\r') break;
            GrammarState next = State();
            ReadItem(from, next);
            from = next;
        }

        from.Ways.Add((null, to));
    }

    private void ReadItem(GrammarState from, GrammarState to)
    {
        int start = _at;
        object form = ReadAtom();
        SkipSpace(lines: false);
        while (ReadQuantifier(out int least, out int? most))
        {
            if (least == 0 && most == 0)
            {
                from.Ways.Add((null, to));
                return;
            }

            GrammarRule inner = NewRule("");
            GrammarState end = State();
            end.IsEnd = true;
            inner.Start.Ways.Add((form, end));
            if (form is TextForm { IsQuoted: false } text && TryRepeat(text, least, most) is { } repeated)
            {
                form = repeated;
            }
            else
            {
                GrammarRepeat repeat = new(inner, least, most);
                _repeats.Add(repeat);
                form = repeat;
            }

            SkipSpace(lines: false);
        }

        if (from.Ways.Count > 1000) throw Error("too many alternatives in one place", start);
        from.Ways.Add((form, to));
    }

    /// <summary>Repeated text is one automaton, in which long stretches are quickly decided.</summary>
    private static TextForm? TryRepeat(TextForm text, int least, int? most)
    {
        if (text.Dfa.StateCount * (long)Math.Max(1, most ?? least) > 300) return null;

        Nfa nfa = new();
        int state = nfa.AddState(), start = state, end = nfa.AddState();
        nfa.Accept(end);
        for (int i = 0; i < (most ?? least); i++)
        {
            if (i >= least) nfa.AddFree(state, end);
            int next = nfa.AddState();
            nfa.Embed(text.Dfa, state, next);
            state = next;
        }

        if (most is null) nfa.Embed(text.Dfa, state, state);
        nfa.AddFree(state, end);
        return new TextForm(nfa.Determinize(start), isQuoted: false);
    }

    private bool ReadQuantifier(out int least, out int? most)
    {
        (least, most) = (0, null);
        if (AtEnd) return false;
        switch (_text[_at])
        {
            case '*': _at++; return true;
            case '+': (_at, least) = (_at + 1, 1); return true;
            case '?': (_at, most) = (_at + 1, 1); return true;
            case '{': break;
            default: return false;
        }

        _at++;
        least = ReadCount() ?? throw Error("a number is needed after {");
        most = least;
        if (!AtEnd && _text[_at] == ',')
        {
            _at++;
            most = ReadCount();
        }

        if (AtEnd || _text[_at++] != '}') throw Error("a } is missing");
        return most is null || most >= least ? true : throw Error("the bounds of a repetition are in the wrong order");
    }

    private int? ReadCount()
    {
        int start = _at, value = 0;
        while (!AtEnd && char.IsAsciiDigit(_text[_at]))
        {
            value = (value * 10) + _text[_at++] - '0';
            if (value > 100_000) throw Error("a repetition above 100000");
        }

        return _at == start ? null : value;
    }

    private object ReadAtom()
    {
        switch (_text[_at])
        {
            case '"': return ReadLiteral();
            case '[': return ReadClass();
            case '.':
                _at++;
                return Text(CodePointSet.All);
            case '(':
                _at++;
                GrammarRule group = NewRule("");
                GrammarState end = State();
                end.IsEnd = true;
                ReadChoice(group.Start, end, nested: true);
                SkipSpace(lines: true);
                if (AtEnd || _text[_at++] != ')') throw Error("a ) is missing");
                return group;
        }

        int at = _at;
        string name = ReadName() ?? throw Error($"'{_text[_at]}' is not expected here");
        _used.Add((name, at));
        return Rule(name);
    }

    private TextForm ReadLiteral()
    {
        _at++;
        StringBuilder text = new();
        while (true)
        {
            if (AtEnd || _text[_at] == '\n') throw Error("a \" is missing");
            if (_text[_at] == '"') break;
            text.Append(ReadCharacter());
        }

        _at++;
        return new TextForm(DfaAlgebra.OfWords([text.ToString()]), isQuoted: false);
    }

    private TextForm ReadClass()
    {
        _at++;
        bool negated = !AtEnd && _text[_at] == '^';
        if (negated) _at++;
        List<(int, int)> ranges = [];
        while (true)
        {
            if (AtEnd || _text[_at] == '\n') throw Error("a ] is missing");
            if (_text[_at] == ']') break;
            int low = ReadCharacter().Value, high = low;
            if (_at + 1 < _text.Length && _text[_at] == '-' && _text[_at + 1] != ']')
            {
                _at++;
                high = ReadCharacter().Value;
                if (high < low) throw Error("a range has its bounds in the wrong order");
            }

            ranges.Add((low, high));
        }

        _at++;
        CodePointSet set = CodePointSet.Of(ranges);
        return Text(negated ? set.Complement() : set);
    }

    private static TextForm Text(CodePointSet set)
    {
        Nfa nfa = new();
        int start = nfa.AddState(), end = nfa.AddState();
        nfa.AddMove(start, set, end);
        nfa.Accept(end);
        return new TextForm(nfa.Determinize(start), isQuoted: false);
    }

    private Rune ReadCharacter()
    {
        if (AtEnd) throw Error("a character is needed");
        if (_text[_at] != '\\')
        {
            if (Rune.DecodeFromUtf16(_text.AsSpan(_at), out Rune rune, out int length) != System.Buffers.OperationStatus.Done) throw Error("half of a surrogate pair");
            _at += length;
            return rune;
        }

        if (_at + 1 >= _text.Length) throw Error("a character must follow \\");
        char c = _text[_at + 1];
        _at += 2;
        return c switch
        {
            'n' => new Rune('\n'),
            'r' => new Rune('\r'),
            't' => new Rune('\t'),
            'x' => ReadHex(2),
            'u' => ReadHex(4),
            'U' => ReadHex(8),
            '"' or '\\' or '[' or ']' or '^' or '-' or '/' or '\'' => new Rune(c),
            _ => throw Error($"\\{c} is unknown"),
        };
    }

    private Rune ReadHex(int digits)
    {
        if (_at + digits > _text.Length || !int.TryParse(_text.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value) || !Rune.IsValid(value))
            throw Error($"{digits} hexadecimal digits of a character are needed");
        _at += digits;
        return new Rune(value);
    }

    private string? ReadName()
    {
        int start = _at;
        while (!AtEnd && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] is '-' or '_')) _at++;
        return _at == start ? null : _text[start.._at];
    }

    private void SkipSpace(bool lines)
    {
        while (!AtEnd)
        {
            char c = _text[_at];
            if (c is ' ' or '\t' || (lines && c is '\n' or '\r')) _at++;
            else if (c == '#') while (!AtEnd && _text[_at] is not ('\n' or '\r')) _at++;
            else break;
        }
    }

    private GrammarRule Rule(string name)
    {
        if (!_rules.TryGetValue(name, out GrammarRule? rule)) _rules.Add(name, rule = NewRule(name));
        return rule;
    }

    private GrammarRule NewRule(string name)
    {
        GrammarRule rule = new(name);
        _states.Add(rule.Start);
        _all.Add(rule);
        return rule;
    }

    private GrammarState State()
    {
        if (_states.Count >= MaxStates) throw Error($"the grammar needs more than {MaxStates} states");
        GrammarState state = new();
        _states.Add(state);
        return state;
    }

    private ConstraintException Error(string problem, int? position = null)
    {
        int at = Math.Min(position ?? _at, _text.Length);
        int line = _text.AsSpan(0, at).Count('\n') + 1, column = at - (at == 0 ? 0 : _text.LastIndexOf('\n', at - 1) + 1) + 1;
        return new ConstraintException($"{line}:{column}", problem + ".");
    }
}
