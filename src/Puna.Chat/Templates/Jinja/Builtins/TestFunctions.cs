using Puna.Chat.Templates.Jinja.Python;
using Puna.Chat.Templates.Jinja.Values;

namespace Puna.Chat.Templates.Jinja.Builtins;

/// <summary>Tests, as in <c>value is defined</c>.</summary>
internal static class TestFunctions
{
    private delegate bool Test(Interpreter interpreter, Value value, Arguments arguments);

    private static readonly Dictionary<string, Test> Table = new(StringComparer.Ordinal)
    {
        ["defined"] = Of(value => value is not UndefinedValue),
        ["undefined"] = Of(value => value is UndefinedValue),
        ["none"] = Of(value => value is NoneValue),
        ["string"] = Of(value => value is Text),
        ["mapping"] = Of(value => value is DictValue),
        ["sequence"] = Of(value => value is Text or DictValue or ListValue or TupleValue or RangeValue or UndefinedValue),
        ["iterable"] = Of(value => value.IsIterable),
        ["callable"] = Of(value => value is CallableValue or UndefinedValue),
        ["number"] = Of(value => Numbers.TryDouble(value, out _)),
        ["integer"] = Of(value => value is IntValue),
        ["float"] = Of(value => value is FloatValue),
        ["boolean"] = Of(value => value is BoolValue),
        ["true"] = Of(value => value is BoolValue { Boolean: true }),
        ["false"] = Of(value => value is BoolValue { Boolean: false }),
        ["escaped"] = Of(_ => false),
        ["odd"] = (i, value, arguments) => IsRemainder(i, value, arguments, 1),
        ["even"] = (i, value, arguments) => IsRemainder(i, value, arguments, 0),
        ["divisibleby"] = DivisibleBy,
        ["lower"] = (i, value, arguments) => HasCase(i, value, arguments, PythonCase.IsLower),
        ["upper"] = (i, value, arguments) => HasCase(i, value, arguments, PythonCase.IsUpper),
        ["sameas"] = (_, value, arguments) => IsSame(value, arguments.Bind("sameas", 1, "other")[0]!),
        ["in"] = Comparison("in"),
        ["filter"] = (_, value, _) => value is Text text && Filters.Exists(text.Chars),
        ["test"] = (_, value, _) => value is Text text && Exists(text.Chars),
        ["=="] = Comparison("=="),
        ["eq"] = Comparison("=="),
        ["equalto"] = Comparison("=="),
        ["!="] = Comparison("!="),
        ["ne"] = Comparison("!="),
        ["<"] = Comparison("<"),
        ["lt"] = Comparison("<"),
        ["lessthan"] = Comparison("<"),
        ["<="] = Comparison("<="),
        ["le"] = Comparison("<="),
        [">"] = Comparison(">"),
        ["gt"] = Comparison(">"),
        ["greaterthan"] = Comparison(">"),
        [">="] = Comparison(">="),
        ["ge"] = Comparison(">="),
    };

    public static bool Exists(string name) => Table.ContainsKey(name);

    public static bool Apply(string name, Interpreter interpreter, Value value, Arguments arguments) =>
        Table.TryGetValue(name, out Test? test)
            ? test(interpreter, value, arguments)
            : throw TemplateFault.Runtime($"there is no test named '{name}'.");

    private static Test Of(Func<Value, bool> test) => (_, value, arguments) =>
    {
        arguments.Bind("test", 0);
        return test(value);
    };

    private static Test Comparison(string op) => (interpreter, value, arguments) =>
        interpreter.Compare(op, value, arguments.Bind("test", 1, "other")[0]!);

    private static bool IsRemainder(Interpreter interpreter, Value value, Arguments arguments, int wanted)
    {
        arguments.Bind("test", 0);
        return ValueEquality.AreEqual(Remainder(interpreter, value, Value.Of(2)), Value.Of(wanted), interpreter.Budget);
    }

    private static bool DivisibleBy(Interpreter interpreter, Value value, Arguments arguments) =>
        !Remainder(interpreter, value, arguments.Bind("divisibleby", 1, "num")[0]!).IsTrue;

    private static Value Remainder(Interpreter interpreter, Value value, Value divisor) =>
        Operators.Binary("%", value, divisor, interpreter.Budget);

    private static bool HasCase(Interpreter interpreter, Value value, Arguments arguments, Func<string, int, bool> test)
    {
        arguments.Bind("test", 0);
        Text text = PercentFormat.Str(value, interpreter.Budget);
        interpreter.Budget.Text(text.Length);
        return StringMethods.HasOnlyCase(text, test);
    }

    /// <summary>Python's <c>is</c>, which for small numbers and texts is equality of the same type.</summary>
    private static bool IsSame(Value a, Value b) =>
        ReferenceEquals(a, b) || (a is IntValue or Text && a.GetType() == b.GetType() && ValueEquality.Instance.Equals(a, b));
}
