namespace Puna.Chat.Templates.Jinja.Values;

/// <summary>Something the template can call.</summary>
internal abstract class CallableValue : Value
{
    public abstract Value Call(Interpreter interpreter, Arguments arguments);
}

/// <summary>A built-in function, or a method bound to its value.</summary>
internal sealed class FunctionValue(string name, Func<Interpreter, Arguments, Value> body) : CallableValue
{
    public string Name { get; } = name;

    public override string TypeName => "builtin_function_or_method";

    public override Value Call(Interpreter interpreter, Arguments arguments) => body(interpreter, arguments);
}

/// <summary>The template's only mutable object: <c>namespace(...)</c>, written with <c>set ns.name = ...</c>.</summary>
internal sealed class NamespaceValue : Value
{
    private readonly Dictionary<string, Value> _attributes = new(StringComparer.Ordinal);

    public override string TypeName => "Namespace";

    public Value? Find(string name) => _attributes.GetValueOrDefault(name);

    public void Set(string name, Value value) => _attributes[name] = value;
}

/// <summary>Prints its separator at every call but the first.</summary>
internal sealed class JoinerValue(Text separator) : CallableValue
{
    private bool _used;

    public override string TypeName => "Joiner";

    public override Value Call(Interpreter interpreter, Arguments arguments)
    {
        if (_used) return separator;
        _used = true;
        return Text.Empty;
    }
}

/// <summary>Gives its items in turn, for ever.</summary>
internal sealed class CyclerValue(IReadOnlyList<Value> items) : Value
{
    private int _position;

    public override string TypeName => "Cycler";

    public Value Current => items[_position];

    public Value Next()
    {
        Value current = Current;
        _position = (_position + 1) % items.Count;
        return current;
    }

    public Value Reset()
    {
        _position = 0;
        return NoneValue.Instance;
    }
}
