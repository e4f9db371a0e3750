using System.Numerics;
using Puna.Chat.Templates.Jinja.Python;
using Puna.Chat.Templates.Jinja.Values;

namespace Puna.Chat.Templates.Jinja.Builtins;

/// <summary>Filters, as in <c>value | trim</c>. This part holds the table and the filters of any value.</summary>
internal static partial class Filters
{
    private delegate Value Filter(Interpreter interpreter, Value value, Arguments arguments);

    private static readonly Dictionary<string, Filter> Table = new(StringComparer.Ordinal)
    {
        ["abs"] = Abs,
        ["attr"] = Attr,
        ["batch"] = Batch,
        ["capitalize"] = OfText("capitalize", PythonString.Capitalize),
        ["center"] = Center,
        ["count"] = Length,
        ["d"] = Default,
        ["default"] = Default,
        ["dictsort"] = DictSort,
        ["e"] = Escape,
        ["escape"] = Escape,
        ["first"] = First,
        ["float"] = Float,
        ["forceescape"] = Escape,
        ["format"] = Format,
        ["groupby"] = GroupBy,
        ["indent"] = Indent,
        ["int"] = Int,
        ["items"] = Items,
        ["join"] = Join,
        ["last"] = Last,
        ["length"] = Length,
        ["list"] = (i, value, arguments) => ToList(i, value, arguments, "list"),
        ["lower"] = OfText("lower", PythonString.Lower),
        ["map"] = Map,
        ["max"] = (i, value, arguments) => Extreme(i, value, arguments, "max"),
        ["min"] = (i, value, arguments) => Extreme(i, value, arguments, "min"),
        ["reject"] = (i, value, arguments) => Select(i, value, arguments, keep: false, byAttribute: false),
        ["rejectattr"] = (i, value, arguments) => Select(i, value, arguments, keep: false, byAttribute: true),
        ["replace"] = Replace,
        ["reverse"] = Reverse,
        ["round"] = Round,
        ["safe"] = OfText("safe", (text, _) => text),
        ["select"] = (i, value, arguments) => Select(i, value, arguments, keep: true, byAttribute: false),
        ["selectattr"] = (i, value, arguments) => Select(i, value, arguments, keep: true, byAttribute: true),
        ["slice"] = Slice,
        ["sort"] = Sort,
        ["string"] = OfText("string", (text, _) => text),
        ["striptags"] = StripTags,
        ["sum"] = Sum,
        ["title"] = OfText("title", Title),
        ["tojson"] = ToJson,
        ["trim"] = Trim,
        ["truncate"] = Truncate,
        ["unique"] = Unique,
        ["upper"] = OfText("upper", PythonString.Upper),
        ["urlencode"] = UrlEncode,
        ["wordcount"] = WordCount,
    };

    public static bool Exists(string name) => Table.ContainsKey(name);

    public static Value Apply(string name, Interpreter interpreter, Value value, Arguments arguments) =>
        Table.TryGetValue(name, out Filter? filter)
            ? filter(interpreter, value, arguments)
            : throw TemplateFault.Runtime($"there is no filter named '{name}'.");

    private static Value Default(Interpreter interpreter, Value value, Arguments arguments)
    {
        Value?[] bound = arguments.Bind("default", 0, "default_value", "boolean");
        bool replace = value is UndefinedValue || (bound[1] is { IsTrue: true } && !value.IsTrue);
        return replace ? bound[0] ?? Text.Empty : value;
    }

    private static Value Attr(Interpreter interpreter, Value value, Arguments arguments)
    {
        if (arguments.Bind("attr", 1, "name")[0] is not Text name) throw TemplateFault.Runtime("attr() needs a text");
        if (value is UndefinedValue undefined) throw undefined.Fault();
        return Methods.Find(value, name.Chars) ?? new UndefinedValue($"'{value.TypeName} object' has no attribute '{name.Chars}'");
    }

    private static Value Length(Interpreter interpreter, Value value, Arguments arguments)
    {
        arguments.Bind("length", 0);
        return Value.Of(value.Count ?? throw TemplateFault.Runtime($"object of type '{value.TypeName}' has no len()"));
    }

    private static Value Abs(Interpreter interpreter, Value value, Arguments arguments)
    {
        arguments.Bind("abs", 0);
        if (Numbers.TryInteger(value, out BigInteger i)) return Value.Of(BigInteger.Abs(i));
        return value is FloatValue f ? new FloatValue(Math.Abs(f.Number)) : throw TemplateFault.Runtime($"bad operand type for abs(): '{value.TypeName}'");
    }

    private static Value Int(Interpreter interpreter, Value value, Arguments arguments)
    {
        Value?[] bound = arguments.Bind("int", 0, "default", "base");
        Value fallback = bound[0] ?? Value.Of(0);
        switch (value)
        {
            case UndefinedValue undefined:
                throw undefined.Fault();
            case Text text:
                interpreter.Budget.Text(text.Length);
                if (PythonFloat.TryParseInteger(text.Chars, Numbers.IndexOr(bound[1], 10), out BigInteger parsed)) return Value.Of(parsed);
                return PythonFloat.TryParse(text.Chars, out double number) && double.IsFinite(number) ? Value.Of(new BigInteger(number)) : fallback;
            case FloatValue f:
                if (double.IsInfinity(f.Number)) return fallback;
                return double.IsNaN(f.Number) ? fallback : Value.Of(new BigInteger(f.Number));
            default:
                return Numbers.TryInteger(value, out BigInteger i) ? Value.Of(i) : fallback;
        }
    }

    private static Value Float(Interpreter interpreter, Value value, Arguments arguments)
    {
        Value fallback = arguments.Bind("float", 0, "default")[0] ?? new FloatValue(0);
        switch (value)
        {
            case UndefinedValue undefined:
                throw undefined.Fault();
            case Text text:
                interpreter.Budget.Text(text.Length);
                return PythonFloat.TryParse(text.Chars, out double parsed) ? new FloatValue(parsed) : fallback;
            default:
                return Numbers.TryDouble(value, out double number) ? new FloatValue(number) : fallback;
        }
    }

    private static Value Round(Interpreter interpreter, Value value, Arguments arguments)
    {
        Value?[] bound = arguments.Bind("round", 0, "precision", "method");
        int places = Numbers.IndexOr(bound[0], 0);
        string method = bound[1] is null ? "common" : (bound[1] as Text)?.Chars ?? "";
        if (method is not ("common" or "ceil" or "floor")) throw TemplateFault.Runtime("method must be common, ceil or floor");
        if (!Numbers.TryDouble(value, out double number)) throw TemplateFault.Runtime($"type {value.TypeName} doesn't define __round__ method");
        if (method == "common")
        {
            if (!Numbers.TryInteger(value, out BigInteger integer)) return new FloatValue(PythonFloat.Round(number, places));
            return places >= 0 ? Value.Of(integer) : Value.Of(new BigInteger(PythonFloat.Round(number, places)));
        }

        double scale = Math.Pow(10, places), scaled = number * scale;
        double rounded = method == "ceil" ? Math.Ceiling(scaled) : Math.Floor(scaled);
        return new FloatValue(rounded / scale);
    }

    private static Text ToJson(Interpreter interpreter, Value value, Arguments arguments)
    {
        Value?[] bound = arguments.Bind("tojson", 0, "ensure_ascii", "indent", "separators", "sort_keys");
        bool indented = bound[1] is not (null or NoneValue);
        string item = indented ? "," : ", ", key = ": ";
        if (bound[2] is SequenceValue { Items: [Text first, Text second] }) (item, key) = (Short(first), Short(second));
        else if (bound[2] is not (null or NoneValue)) throw TemplateFault.Runtime("separators must be two texts");

        return new JsonText(interpreter.Budget)
        {
            EnsureAscii = bound[0]?.IsTrue ?? false,
            Indent = indented ? JsonText.IndentOf(bound[1]!) : null,
            ItemSeparator = item,
            KeySeparator = key,
            SortKeys = bound[3]?.IsTrue ?? false,
        }.Serialize(value);
    }

    private static string Short(Text separator) =>
        separator.Length <= 64 ? separator.Chars : throw TemplateFault.Limit("a separator longer than 64 characters.");

    private static DictValue AsDict(Value value) => value switch
    {
        DictValue dict => dict,
        UndefinedValue undefined => throw undefined.Fault(),
        _ => throw TemplateFault.Runtime("Can only get item pairs from a mapping."),
    };
}
