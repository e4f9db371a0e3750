namespace Puna.Chat.Tools;

/// <summary>
/// Decides by the first characters whether a call begins, so that other text is not kept waiting: <c>[name(</c>,
/// <c>{"name": "name"</c>, <c>{"type": "function"</c>, <c>{"parameters"</c>, the last three also after <c>[</c>,
/// and <c>&lt;function=name&gt;{</c>. Also tells the marks around calls, which are no text.
/// </summary>
internal sealed class CallOpening(IReadOnlyCollection<string> names)
{
    private const string FunctionTag = "<function=";

    private static readonly string[] Keys = ["name", "type", "parameters", "arguments"];
    private static readonly string[] Types = ["function"];
    private static readonly string[] Tags = ["<|python_start|>", "<|python_end|>", "<|python_tag|>", "<|eom|>", "<|eot|>", "<|eom_id|>", "<|eot_id|>", "</function>", FunctionTag];

    private readonly char[] _word = new char[Math.Max(32, names.Select(n => n.Length).DefaultIfEmpty().Max() + 1)];
    private int _length;
    private Place _place;
    private IReadOnlyCollection<string> _values = []; // what the value of the first key may be

    private enum Place { InList, InName, AfterName, InObject, InKey, AfterKey, BeforeValue, InValue, InTag, InFunctionName, BeforeBody }

    internal enum Outcome { Undecided, NoCall, Call, Mark }

    /// <summary>How the call is written; valid once decided.</summary>
    internal CallForm Form { get; private set; }

    /// <summary>Brackets that are open.</summary>
    internal int Depth { get; private set; }

    /// <summary>The last character taken is a backslash in a string: what it spells shows when the string is read.</summary>
    internal bool IsInEscape { get; private set; }

    /// <summary>Where <see cref="CallForm.Function"/>: the name in the tag.</summary>
    internal string FunctionName { get; private set; } = "";

    internal static bool CanBegin(char c) => c is '[' or '{' or '<';

    internal void Begin(char c)
    {
        _length = 0;
        IsInEscape = false;
        (_place, Depth, Form) = c switch
        {
            '[' => (Place.InList, 1, CallForm.Pythonic),
            '{' => (Place.InObject, 1, CallForm.Json),
            _ => (Place.InTag, 0, CallForm.Function),
        };
        if (_place == Place.InTag) _word[_length++] = c;
    }

    internal Outcome Take(char c) => _place switch
    {
        Place.InList when char.IsWhiteSpace(c) => Outcome.Undecided,
        Place.InList when c == '{' => Object(),
        Place.InList => Grow(c, names, Place.InName),
        Place.InName when (c == '(' || char.IsWhiteSpace(c)) && Is(names) => c == '(' ? Decide(Depth + 1) : Go(Place.AfterName),
        Place.InName => Grow(c, names, Place.InName),
        Place.AfterName when c == '(' => Decide(Depth + 1),
        Place.InObject when c == '"' => Go(Place.InKey),
        Place.InKey or Place.InValue when c == '\\' => DecideInString(),
        Place.InKey when c == '"' => Key(),
        Place.InKey => Grow(c, Keys, Place.InKey),
        Place.AfterKey when c == ':' => Go(Place.BeforeValue),
        Place.BeforeValue when c == '"' => Go(Place.InValue),
        Place.InValue when c == '"' => Is(_values) ? Decide(Depth) : Outcome.NoCall,
        Place.InValue => Grow(c, _values, Place.InValue),
        Place.InTag => Tag(c),
        Place.InFunctionName when c == '>' => Function(),
        Place.InFunctionName => Grow(c, names, Place.InFunctionName),
        Place.BeforeBody when c == '{' => Decide(1),
        _ => char.IsWhiteSpace(c) ? Outcome.Undecided : Outcome.NoCall,
    };

    private Outcome Object()
    {
        Depth++;
        Form = CallForm.Json;
        return Go(Place.InObject);
    }

    private Outcome Key()
    {
        if (!Is(Keys)) return Outcome.NoCall;
        if (_word[0] is 'p' or 'a') return Decide(Depth); // parameters or arguments: the name comes later
        _values = _word[0] == 'n' ? names : Types;
        return Go(Place.AfterKey);
    }

    private Outcome Tag(char c)
    {
        Outcome outcome = Grow(c, Tags, Place.InTag);
        if (outcome == Outcome.NoCall || !Is(Tags)) return outcome;
        return Word.SequenceEqual(FunctionTag) ? Go(Place.InFunctionName) : Outcome.Mark;
    }

    private Outcome Function()
    {
        if (!Is(names)) return Outcome.NoCall;
        FunctionName = Word.ToString();
        return Go(Place.BeforeBody);
    }

    private Outcome Grow(char c, IReadOnlyCollection<string> words, Place place)
    {
        _word[_length++] = c;
        _place = place;
        foreach (string word in words)
        {
            if (word.AsSpan().StartsWith(Word, StringComparison.Ordinal)) return Outcome.Undecided;
        }

        return Outcome.NoCall;
    }

    private Outcome Go(Place place)
    {
        _place = place;
        _length = 0;
        return Outcome.Undecided;
    }

    private Outcome Decide(int depth)
    {
        Depth = depth;
        return Outcome.Call;
    }

    private Outcome DecideInString()
    {
        IsInEscape = true;
        return Outcome.Call;
    }

    private ReadOnlySpan<char> Word => _word.AsSpan(0, _length);

    private bool Is(IReadOnlyCollection<string> words)
    {
        foreach (string word in words)
        {
            if (Word.SequenceEqual(word)) return true;
        }

        return false;
    }
}
