using Puna.Chat.Templates.Jinja.Python;
using Puna.Chat.Templates.Jinja.Values;

namespace Puna.Chat.Templates.Jinja.Builtins;

/// <summary>Attributes and methods of values. Methods that would change a value are hidden, as in Jinja's immutable sandbox.</summary>
internal static class Methods
{
    /// <returns>The attribute, an undefined value that refuses use where the sandbox hides it, or null if there is none.</returns>
    public static Value? Find(Value value, string name) => value switch
    {
        Text text => StringMethods.Find(text, name),
        DictValue dict => DictMethod(dict, name),
        ListValue => name is "append" or "clear" or "extend" or "insert" or "pop" or "remove" or "reverse" or "sort"
            ? Hidden(value, name) : SequenceMethod((SequenceValue)value, name),
        TupleValue tuple => SequenceMethod(tuple, name),
        NamespaceValue space => space.Find(name),
        LoopValue loop => loop.Find(name),
        CyclerValue cycler => CyclerMethod(cycler, name),
        FloatValue f when name == "is_integer" =>
            new FunctionValue(name, (_, _) => Value.Of(double.IsFinite(f.Number) && f.Number == Math.Floor(f.Number))),
        MacroValue macro => MacroAttribute(macro, name),
        _ => null,
    };

    private static UndefinedValue Hidden(Value value, string name) =>
        new($"access to attribute '{name}' of '{value.TypeName}' object is unsafe.", ChatTemplateErrorKind.Security);

    private static Value? DictMethod(DictValue dict, string name) => name switch
    {
        "items" => View(name, "dict_items", dict, (entry, budget) => new TupleValue([entry.Key, entry.Value], budget)),
        "keys" => View(name, "dict_keys", dict, (entry, _) => entry.Key),
        "values" => View(name, "dict_values", dict, (entry, _) => entry.Value),
        "get" => new FunctionValue(name, (_, arguments) =>
        {
            if (arguments.Keywords.Count > 0) throw TemplateFault.Runtime("dict.get() takes no keyword arguments");
            Value?[] bound = arguments.Bind("get", 1, "key", "default");
            return dict.Find(bound[0]!) ?? bound[1] ?? NoneValue.Instance;
        }),
        "copy" => new FunctionValue(name, (_, arguments) =>
        {
            arguments.Bind("copy", 0);
            return dict;
        }),
        "clear" or "pop" or "popitem" or "setdefault" or "update" => Hidden(dict, name),
        _ => null,
    };

    private static FunctionValue View(string name, string type, DictValue dict, Func<KeyValuePair<Value, Value>, RenderBudget, Value> select) =>
        new(name, (interpreter, arguments) =>
        {
            arguments.Bind(name, 0);
            interpreter.Budget.Step(dict.Entries.Count);
            return new DictView(type, [.. dict.Entries.Select(entry => select(entry, interpreter.Budget))], interpreter.Budget);
        });

    private static FunctionValue? SequenceMethod(SequenceValue sequence, string name) => name switch
    {
        "count" => new FunctionValue(name, (interpreter, arguments) =>
        {
            Value sought = arguments.Bind(name, 1, "value")[0]!;
            return Value.Of(interpreter.Iterate(sequence).Count(item => ValueEquality.AreEqual(item, sought, interpreter.Budget)));
        }),
        "index" => new FunctionValue(name, (interpreter, arguments) => IndexIn(sequence, arguments, interpreter)),
        "copy" when sequence is ListValue => new FunctionValue(name, (_, arguments) =>
        {
            arguments.Bind("copy", 0);
            return sequence;
        }),
        _ => null,
    };

    private static Value IndexIn(SequenceValue sequence, Arguments arguments, Interpreter interpreter)
    {
        Value?[] bound = arguments.Bind("index", 1, "value", "start", "stop");
        int count = sequence.Items.Count;
        int start = Numbers.IndexOr(bound[1], 0), stop = Numbers.IndexOr(bound[2], count);
        start = Math.Max(0, start < 0 ? start + count : start);
        stop = Math.Min(count, stop < 0 ? stop + count : stop);
        for (int i = start; i < stop; i++)
        {
            interpreter.Budget.Step();
            if (ValueEquality.AreEqual(sequence.Items[i], bound[0]!, interpreter.Budget)) return Value.Of(i);
        }

        throw TemplateFault.Runtime($"{PercentFormat.Repr(bound[0]!, interpreter.Budget).Chars} is not in the {sequence.TypeName}");
    }

    private static Value? CyclerMethod(CyclerValue cycler, string name) => name switch
    {
        "current" => cycler.Current,
        "next" => new FunctionValue(name, (_, _) => cycler.Next()),
        "reset" => new FunctionValue(name, (_, _) => cycler.Reset()),
        _ => null,
    };

    private static Value? MacroAttribute(MacroValue macro, string name) => name switch
    {
        "name" => Text.Trusted(macro.Definition.Name),
        "caller" => Value.Of(macro.Definition.UsesCaller),
        "catch_varargs" => Value.Of(macro.Definition.UsesVarargs),
        "catch_kwargs" => Value.Of(macro.Definition.UsesKwargs),
        _ => null,
    };
}
