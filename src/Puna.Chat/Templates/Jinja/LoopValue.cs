using Puna.Chat.Templates.Jinja.Syntax;
using Puna.Chat.Templates.Jinja.Values;

namespace Puna.Chat.Templates.Jinja;

/// <summary>The variable <c>loop</c>. Items are taken one by one; only <c>last</c>, <c>nextitem</c> and lengths look ahead.</summary>
internal sealed class LoopValue(ForStatement statement, IEnumerator<Value> items, int? count, int depth0, Scope around) : CallableValue
{
    private readonly Queue<Value> _ahead = new();
    private int _index0 = -1;
    private int? _count = count;
    private Value? _previous;
    private Value? _current;
    private Arguments? _lastChanged;

    public ForStatement Statement { get; } = statement;

    public int Depth0 { get; } = depth0;

    /// <summary>Variables around the loop, for recursion.</summary>
    public Scope Around { get; } = around;

    public override string TypeName => "LoopContext";

    public bool MoveNext(out Value item)
    {
        item = NoneValue.Instance;
        if (_ahead.TryDequeue(out Value? known)) item = known;
        else if (items.MoveNext()) item = items.Current;
        else return false;

        _previous = _current;
        _current = item;
        _index0++;
        return true;
    }

    public Value? Find(string name) => name switch
    {
        "index" => Of(_index0 + 1),
        "index0" => Of(_index0),
        "first" => Of(_index0 == 0),
        "last" => Of(Peek() is null),
        "length" => Of(ItemCount()),
        "revindex" => Of(ItemCount() - _index0),
        "revindex0" => Of(ItemCount() - _index0 - 1),
        "depth" => Of(Depth0 + 1),
        "depth0" => Of(Depth0),
        "previtem" => _previous ?? new UndefinedValue("there is no previous item"),
        "nextitem" => Peek() ?? new UndefinedValue("there is no next item"),
        "cycle" => new FunctionValue(name, (_, arguments) => arguments.Positional.Count > 0
            ? arguments.Positional[_index0 % arguments.Positional.Count]
            : throw TemplateFault.Runtime("no items for cycling given")),
        "changed" => new FunctionValue(name, (interpreter, arguments) => Of(Changed(interpreter, arguments))),
        _ => null,
    };

    public override Value Call(Interpreter interpreter, Arguments arguments) =>
        interpreter.Recurse(this, arguments.Bind("loop", 1, "iterable")[0]!);

    private Value? Peek()
    {
        if (_ahead.Count == 0 && items.MoveNext()) _ahead.Enqueue(items.Current);
        return _ahead.TryPeek(out Value? next) ? next : null;
    }

    private int ItemCount()
    {
        if (_count is { } known) return known;
        while (items.MoveNext()) _ahead.Enqueue(items.Current);
        _count = _index0 + 1 + _ahead.Count;
        return _count.Value;
    }

    private bool Changed(Interpreter interpreter, Arguments arguments)
    {
        bool same = _lastChanged is not null && _lastChanged.Positional.Count == arguments.Positional.Count &&
            _lastChanged.Positional.Zip(arguments.Positional).All(pair => ValueEquality.AreEqual(pair.First, pair.Second, interpreter.Budget));
        _lastChanged = arguments;
        return !same;
    }
}
