using System.Globalization;
using Puna.Chat.Templates.Jinja.Python;
using Puna.Chat.Templates.Jinja.Values;

namespace Puna.Chat.Templates.Jinja.Builtins;

/// <summary>Python's methods of strings.</summary>
internal static partial class StringMethods
{
    private delegate Value Method(Text text, Arguments arguments, RenderBudget budget);

    private static readonly Dictionary<string, Method> Table = new(StringComparer.Ordinal)
    {
        ["upper"] = Plain("upper", PythonString.Upper),
        ["lower"] = Plain("lower", PythonString.Lower),
        ["casefold"] = Plain("casefold", PythonString.Lower),
        ["title"] = Plain("title", PythonString.Title),
        ["capitalize"] = Plain("capitalize", PythonString.Capitalize),
        ["swapcase"] = Plain("swapcase", PythonString.SwapCase),
        ["strip"] = (text, arguments, budget) => PythonString.Strip(text, StripSet(arguments, "strip"), true, true, budget),
        ["lstrip"] = (text, arguments, budget) => PythonString.Strip(text, StripSet(arguments, "lstrip"), true, false, budget),
        ["rstrip"] = (text, arguments, budget) => PythonString.Strip(text, StripSet(arguments, "rstrip"), false, true, budget),
        ["split"] = Split,
        ["rsplit"] = RSplit,
        ["splitlines"] = SplitLines,
        ["partition"] = (text, arguments, budget) => Partition(text, arguments, budget, last: false),
        ["rpartition"] = (text, arguments, budget) => Partition(text, arguments, budget, last: true),
        ["join"] = Join,
        ["replace"] = Replace,
        ["startswith"] = (text, arguments, budget) => Value.Of(Affix(text, arguments, budget, "startswith", atEnd: false)),
        ["endswith"] = (text, arguments, budget) => Value.Of(Affix(text, arguments, budget, "endswith", atEnd: true)),
        ["removeprefix"] = RemovePrefix,
        ["removesuffix"] = RemoveSuffix,
        ["find"] = (text, arguments, budget) => Value.Of(Find(text, arguments, budget, last: false)),
        ["rfind"] = (text, arguments, budget) => Value.Of(Find(text, arguments, budget, last: true)),
        ["index"] = (text, arguments, budget) => Value.Of(Found(Find(text, arguments, budget, last: false))),
        ["rindex"] = (text, arguments, budget) => Value.Of(Found(Find(text, arguments, budget, last: true))),
        ["count"] = Count,
        ["ljust"] = (text, arguments, budget) => Justify(text, arguments, budget, "ljust", 0),
        ["rjust"] = (text, arguments, budget) => Justify(text, arguments, budget, "rjust", 2),
        ["center"] = (text, arguments, budget) => Justify(text, arguments, budget, "center", 1),
        ["zfill"] = ZeroFill,
        ["expandtabs"] = ExpandTabs,
        ["isdigit"] = All("isdigit", (chars, i) => char.IsDigit(chars[i]) || chars[i] is '²' or '³' or '¹'),
        ["isdecimal"] = All("isdecimal", (chars, i) => char.IsDigit(chars[i])),
        ["isnumeric"] = All("isnumeric", (chars, i) => char.IsNumber(chars, i)),
        ["isalpha"] = All("isalpha", char.IsLetter),
        ["isalnum"] = All("isalnum", (chars, i) => char.IsLetter(chars, i) || char.IsNumber(chars, i)),
        ["isspace"] = All("isspace", (chars, i) => PythonString.IsSpace(chars[i])),
        ["isascii"] = (text, arguments, budget) => Value.Of(System.Text.Ascii.IsValid(Bound(text, arguments, budget, "isascii").Chars)),
        ["islower"] = (text, arguments, budget) => Value.Of(HasOnlyCase(Bound(text, arguments, budget, "islower"), PythonCase.IsLower)),
        ["isupper"] = (text, arguments, budget) => Value.Of(HasOnlyCase(Bound(text, arguments, budget, "isupper"), PythonCase.IsUpper)),
        ["istitle"] = (text, arguments, budget) => Value.Of(IsTitle(Bound(text, arguments, budget, "istitle"))),
    };

    public static Value? Find(Text text, string name)
    {
        if (name == "format")
            return new FunctionValue(name, (interpreter, arguments) => BraceFormat.Format(text, arguments, interpreter));
        return Table.TryGetValue(name, out Method? method)
            ? new FunctionValue(name, (interpreter, arguments) => method(text, arguments, interpreter.Budget))
            : null;
    }

    public static bool HasOnlyCase(Text text, Func<string, int, bool> isWanted)
    {
        bool any = false;
        for (int i = 0; i < text.Length; i += text.UnitsAt(i))
        {
            if (isWanted(text.Chars, i)) any = true;
            else if (PythonCase.IsCased(text.Chars, i)) return false;
        }

        return any;
    }

    private static Method Plain(string name, Func<Text, RenderBudget, Text> map) =>
        (text, arguments, budget) => map(Bound(text, arguments, budget, name), budget);

    private static Method All(string name, Func<string, int, bool> test) => (text, arguments, budget) =>
    {
        Bound(text, arguments, budget, name);
        for (int i = 0; i < text.Length; i += text.UnitsAt(i))
        {
            if (!test(text.Chars, i)) return BoolValue.False;
        }

        return Value.Of(text.Length > 0);
    };

    private static Text Bound(Text text, Arguments arguments, RenderBudget budget, string name)
    {
        arguments.Bind(name, 0);
        budget.Text(text.Length);
        return text;
    }

    private static bool IsTitle(Text text)
    {
        bool inWord = false, any = false;
        for (int i = 0; i < text.Length; i += text.UnitsAt(i))
        {
            bool upper = PythonCase.IsUpper(text.Chars, i), cased = PythonCase.IsCased(text.Chars, i);
            if (cased && upper == inWord) return false;
            inWord = cased;
            any |= cased;
        }

        return any;
    }

    private static Text? StripSet(Arguments arguments, string name) => arguments.Bind(name, 0, "chars")[0] switch
    {
        null or NoneValue => null,
        Text set => set,
        UndefinedValue undefined => throw undefined.Fault(),
        Value other => throw TemplateFault.Runtime($"{name} arg must be None or str, not {other.TypeName}"),
    };

    private static Text AsText(Value? value, string what) => value switch
    {
        Text text => text,
        UndefinedValue undefined => throw TemplateFault.Runtime($"{what} must be str, not {undefined.TypeName}"),
        _ => throw TemplateFault.Runtime($"{what} must be str, not {value!.TypeName}"),
    };

    private static Text Justify(Text text, Arguments arguments, RenderBudget budget, string name, int side)
    {
        Value?[] bound = arguments.Bind(name, 1, "width", "fillchar");
        Text fill = bound[1] is null ? Text.Trusted(" ") : AsText(bound[1], "the fill character");
        if (fill.CodePoints != 1) throw TemplateFault.Runtime("The fill character must be exactly one character long");
        return Justify(text, Numbers.Index(bound[0]!), fill, side, budget);
    }

    /// <param name="side">Where the text goes: 0 left, 1 centre, 2 right.</param>
    public static Text Justify(Text text, int width, Text fill, int side, RenderBudget budget)
    {
        int padding = width - text.CodePoints;
        if (padding <= 0) return text;
        int before = side switch { 0 => 0, 2 => padding, _ => (padding / 2) + (padding & width & 1) };
        return new TextBuilder(budget).Repeat(fill, before).Append(text).Repeat(fill, padding - before).ToText();
    }

    private static Text ZeroFill(Text text, Arguments arguments, RenderBudget budget)
    {
        int padding = Numbers.Index(arguments.Bind("zfill", 1, "width")[0]!) - text.CodePoints;
        if (padding <= 0) return text;
        int sign = text.Length > 0 && text.Chars[0] is '+' or '-' ? 1 : 0;
        return new TextBuilder(budget).Append(text, 0, sign).Repeat(Text.Trusted("0"), padding).Append(text, sign).ToText();
    }

    private static Text ExpandTabs(Text text, Arguments arguments, RenderBudget budget)
    {
        int size = Numbers.IndexOr(arguments.Bind("expandtabs", 0, "tabsize")[0], 8), column = 0;
        TextBuilder output = new(budget);
        for (int i = 0; i < text.Length; i += text.UnitsAt(i))
        {
            if (text.Chars[i] == '\t')
            {
                int spaces = size > 0 ? size - (column % size) : 0;
                output.Repeat(new Text(" ", text.TrustedAt(i)), spaces);
                column += spaces;
                continue;
            }

            output.Append(text, i, text.UnitsAt(i));
            column = text.Chars[i] is '\n' or '\r' ? 0 : column + 1;
        }

        return output.ToText();
    }

    private static Text Join(Text text, Arguments arguments, RenderBudget budget)
    {
        TextBuilder output = new(budget);
        int index = 0;
        foreach (Value item in arguments.Bind("join", 1, "iterable")[0]!.Iterate())
        {
            budget.Step();
            if (index++ > 0) output.Append(text);
            output.Append(item as Text ?? throw TemplateFault.Runtime(
                string.Create(CultureInfo.InvariantCulture, $"sequence item {index - 1}: expected str instance, {item.TypeName} found")));
        }

        return output.ToText();
    }
}
