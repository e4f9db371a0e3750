using Puna.Chat.Templates.Jinja.Syntax;
using Puna.Chat.Templates.Jinja.Values;

namespace Puna.Chat.Templates.Jinja;

/// <summary>Calls and macros.</summary>
internal sealed partial class Interpreter
{
    private Value EvaluateCall(CallExpr call, MacroValue? caller)
    {
        Value target = Evaluate(call.Target);
        Arguments arguments = EvaluateArgs(call.Args);
        if (caller is not null) arguments = new Arguments(arguments.Positional, [.. arguments.Keywords, new(Text.Trusted("caller"), caller)]);
        Position = call.Position;
        return Call(target, arguments);
    }

    public Value Call(Value target, Arguments arguments) => target switch
    {
        UndefinedValue undefined => throw undefined.Fault(),
        CallableValue callable => callable.Call(this, arguments),
        _ => throw TemplateFault.Runtime($"'{target.TypeName}' object is not callable"),
    };

    private Value ExecuteCall(CallStatement statement) =>
        EvaluateCall(statement.Call, new MacroValue(statement.Caller, _scope));

    private Arguments EvaluateArgs(CallArgs args)
    {
        if (ReferenceEquals(args, CallArgs.None)) return Arguments.None;

        List<Value> positional = EvaluateAll(args.Positional);
        List<KeyValuePair<Text, Value>> keywords = [];
        foreach ((string name, Expr value) in args.Keywords) AddKeyword(keywords, Text.Trusted(name), Evaluate(value));
        if (args.Star is not null)
        {
            positional.AddRange(Iterate(Evaluate(args.Star)));
            Budget.Items(positional.Count);
        }

        if (args.DoubleStar is not null)
        {
            if (Evaluate(args.DoubleStar) is not DictValue more) throw TemplateFault.Runtime("argument after ** must be a mapping");
            foreach ((Value key, Value value) in more.Entries)
            {
                Budget.Step();
                AddKeyword(keywords, key as Text ?? throw TemplateFault.Runtime("keywords must be strings"), value);
            }
        }

        return new Arguments(positional, keywords);
    }

    private static void AddKeyword(List<KeyValuePair<Text, Value>> keywords, Text name, Value value)
    {
        if (keywords.Exists(keyword => keyword.Key.Chars == name.Chars))
            throw TemplateFault.Runtime($"got multiple values for keyword argument '{name.Chars}'");
        keywords.Add(new(name, value));
    }

    /// <summary>Renders a macro's body with the arguments bound in a scope inside the one it was defined in.</summary>
    public Text CallMacro(MacroValue macro, Arguments arguments)
    {
        MacroDefinition definition = macro.Definition;
        Scope outer = _scope, inner = new(macro.Around);
        TextBuilder output = _output;
        Budget.Enter();
        _scope = inner;
        BindMacro(definition, arguments, inner);
        _output = new TextBuilder(Budget);
        Execute(definition.Body);
        Text text = _output.ToText();
        _output = output;
        _scope = outer;
        Budget.Leave();
        return text;
    }

    private void BindMacro(MacroDefinition macro, Arguments arguments, Scope scope)
    {
        int given = Math.Min(arguments.Positional.Count, macro.Parameters.Count);
        List<KeyValuePair<Text, Value>> keywords = [.. arguments.Keywords];
        int firstDefault = macro.Parameters.Count - macro.Defaults.Count;
        for (int i = 0; i < macro.Parameters.Count; i++)
        {
            string parameter = macro.Parameters[i];
            int keyword = keywords.FindIndex(k => k.Key.Chars == parameter);
            if (i < given && keyword >= 0) throw TemplateFault.Runtime($"macro '{macro.Name}' got multiple values for argument '{parameter}'");

            Value? value = i < given ? arguments.Positional[i] : keyword >= 0 ? keywords[keyword].Value : null;
            if (keyword >= 0) keywords.RemoveAt(keyword);
            scope.Set(parameter, value ?? (i >= firstDefault
                ? Evaluate(macro.Defaults[i - firstDefault])
                : new UndefinedValue($"parameter '{parameter}' was not provided")));
        }

        BindSpecials(macro, arguments, keywords, scope);
    }

    private void BindSpecials(MacroDefinition macro, Arguments arguments, List<KeyValuePair<Text, Value>> keywords, Scope scope)
    {
        int caller = keywords.FindIndex(k => k.Key.Chars == "caller");
        if (macro.UsesCaller)
        {
            scope.Set("caller", caller >= 0 ? keywords[caller].Value : new UndefinedValue("No caller defined"));
            if (caller >= 0) keywords.RemoveAt(caller);
        }

        if (macro.UsesKwargs) scope.Set("kwargs", new DictValue(keywords.Select(k => KeyValuePair.Create<Value, Value>(k.Key, k.Value)), Budget));
        else if (keywords.Count > 0)
        {
            throw TemplateFault.Runtime(keywords[0].Key.Chars == "caller"
                ? $"macro '{macro.Name}' was invoked with two values for the special caller argument or does not use it."
                : $"macro '{macro.Name}' takes no keyword argument '{keywords[0].Key.Chars}'");
        }

        List<Value> rest = [.. arguments.Positional.Skip(macro.Parameters.Count)];
        if (macro.UsesVarargs) scope.Set("varargs", new TupleValue(rest, Budget));
        else if (rest.Count > 0)
            throw TemplateFault.Runtime($"macro '{macro.Name}' takes not more than {macro.Parameters.Count} argument(s)");
    }
}
