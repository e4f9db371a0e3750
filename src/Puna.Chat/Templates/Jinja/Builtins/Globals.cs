using System.Numerics;
using Puna.Chat.Templates.Jinja.Python;
using Puna.Chat.Templates.Jinja.Values;

namespace Puna.Chat.Templates.Jinja.Builtins;

/// <summary>Functions every template sees.</summary>
internal static class Globals
{
    public static void Define(Scope scope, Interpreter interpreter)
    {
        void Add(string name, Func<Interpreter, Arguments, Value> body) => scope.Set(name, new FunctionValue(name, body));
        Add("range", Range);
        Add("dict", Dict);
        Add("namespace", Namespace);
        Add("joiner", (_, arguments) => new JoinerValue(arguments.Bind("joiner", 0, "sep")[0] switch
        {
            null => Text.Trusted(", "),
            Value sep => PercentFormat.Str(sep, interpreter.Budget),
        }));
        Add("cycler", (_, arguments) => arguments.Positional.Count > 0
            ? new CyclerValue(arguments.Positional)
            : throw TemplateFault.Runtime("at least one item has to be provided"));
        Add("raise_exception", (i, arguments) => throw new TemplateFault(
            ChatTemplateErrorKind.Raised, PercentFormat.Str(arguments.Bind("raise_exception", 1, "message")[0]!, i.Budget).Chars));
        Add("strftime_now", StrftimeNow);
    }

    private static RangeValue Range(Interpreter interpreter, Arguments arguments)
    {
        List<BigInteger> bounds = [];
        foreach (Value value in arguments.Positional)
        {
            if (value is UndefinedValue undefined) throw undefined.Fault();
            bounds.Add(Numbers.TryInteger(value, out BigInteger i) ? i
                : throw TemplateFault.Runtime($"'{value.TypeName}' object cannot be interpreted as an integer"));
        }

        if (bounds.Count is 0 or > 3 || arguments.Keywords.Count > 0) throw TemplateFault.Runtime("range expected 1 to 3 arguments");
        BigInteger start = bounds.Count == 1 ? 0 : bounds[0], stop = bounds.Count == 1 ? bounds[0] : bounds[1];
        BigInteger step = bounds.Count == 3 ? bounds[2] : 1;
        if (step.IsZero) throw TemplateFault.Runtime("range() arg 3 must not be zero");

        BigInteger span = step.Sign > 0 ? stop - start : start - stop;
        BigInteger count = span.Sign <= 0 ? 0 : (span + BigInteger.Abs(step) - 1) / BigInteger.Abs(step);
        int max = interpreter.Budget.Limits.MaxItems;
        if (count > max) throw TemplateFault.Limit($"a range of {count} items exceeds {max} ({nameof(ChatTemplateLimits.MaxItems)}).");
        return new RangeValue(start, stop, step, (int)count);
    }

    private static DictValue Dict(Interpreter interpreter, Arguments arguments)
    {
        if (arguments.Positional.Count > 1) throw TemplateFault.Runtime($"dict expected at most 1 argument, got {arguments.Positional.Count}");
        return new DictValue(Entries(interpreter, arguments), interpreter.Budget);
    }

    private static NamespaceValue Namespace(Interpreter interpreter, Arguments arguments)
    {
        NamespaceValue space = new();
        if (arguments.Positional.Count > 1) throw TemplateFault.Runtime("namespace expected at most 1 argument");
        foreach ((Value key, Value value) in Entries(interpreter, arguments))
        {
            if (key is Text name) space.Set(name.Chars, value);
        }

        return space;
    }

    /// <summary>Entries of a mapping or of pairs, then the keywords.</summary>
    private static List<KeyValuePair<Value, Value>> Entries(Interpreter interpreter, Arguments arguments)
    {
        List<KeyValuePair<Value, Value>> entries = [];
        if (arguments.Positional.Count > 0)
        {
            if (arguments.Positional[0] is DictValue dict) entries.AddRange(dict.Entries);
            else
            {
                foreach (Value pair in interpreter.Iterate(arguments.Positional[0]))
                {
                    List<Value> parts = [.. interpreter.Iterate(pair)];
                    if (parts.Count != 2) throw TemplateFault.Runtime($"dictionary update sequence element has length {parts.Count}; 2 is required");
                    entries.Add(new(parts[0], parts[1]));
                }
            }
        }

        foreach ((Text name, Value value) in arguments.Keywords) entries.Add(new(name, value));
        interpreter.Budget.Items(entries.Count);
        return entries;
    }

    private static Text StrftimeNow(Interpreter interpreter, Arguments arguments)
    {
        if (arguments.Bind("strftime_now", 1, "format")[0] is not Text format) throw TemplateFault.Runtime("strftime_now needs a text");
        interpreter.Budget.Text(format.Length * 8L);
        return new Text(Strftime.Format(format.Chars, interpreter.Clock.GetLocalNow()), format.IsTrusted);
    }
}
