using System.Globalization;
using System.Text;
using Puna.Chat.Templates.Jinja.Python;
using Puna.Chat.Templates.Jinja.Values;
using TextValue = Puna.Chat.Templates.Jinja.Values.Text;

namespace Puna.Chat.Templates.Jinja.Builtins;

/// <summary>Filters of texts. Other values are taken as their printed form.</summary>
internal static partial class Filters
{
    private static Filter OfText(string name, Func<TextValue, RenderBudget, TextValue> map) => (interpreter, value, arguments) =>
    {
        arguments.Bind(name, 0);
        return map(PercentFormat.Str(value, interpreter.Budget), interpreter.Budget);
    };

    private static TextValue Trim(Interpreter interpreter, Value value, Arguments arguments)
    {
        TextValue? set = arguments.Bind("trim", 0, "chars")[0] switch
        {
            null or NoneValue => null,
            TextValue text => text,
            Value other => throw TemplateFault.Runtime($"strip arg must be None or str, not {other.TypeName}"),
        };
        return PythonString.Strip(PercentFormat.Str(value, interpreter.Budget), set, true, true, interpreter.Budget);
    }

    /// <summary>Words begin after spaces, hyphens and opening brackets, unlike in <c>str.title</c>.</summary>
    private static TextValue Title(TextValue text, RenderBudget budget)
    {
        TextBuilder output = new(budget);
        bool starts = true;
        for (int i = 0; i < text.Length; i += text.UnitsAt(i))
        {
            char c = text.Chars[i];
            output.Append(starts ? PythonCase.Upper(text.Chars, i) : PythonCase.Lower(text.Chars, i), text.TrustedAt(i));
            starts = c is '-' or '(' or '{' or '[' or '<' || PythonString.IsSpace(c);
        }

        return output.ToText();
    }

    private static TextValue Replace(Interpreter interpreter, Value value, Arguments arguments)
    {
        Value?[] bound = arguments.Bind("replace", 2, "old", "new", "count");
        RenderBudget budget = interpreter.Budget;
        int count = bound[2] is null or NoneValue ? -1 : Numbers.Index(bound[2]!);
        return StringMethods.Replace(PercentFormat.Str(value, budget), PercentFormat.Str(bound[0]!, budget), PercentFormat.Str(bound[1]!, budget), count, budget);
    }

    private static TextValue Format(Interpreter interpreter, Value value, Arguments arguments)
    {
        RenderBudget budget = interpreter.Budget;
        if (arguments.Positional.Count > 0 && arguments.Keywords.Count > 0)
            throw TemplateFault.Runtime("can't handle positional and keyword arguments at the same time");
        Value values = arguments.Keywords.Count > 0
            ? new DictValue(arguments.Keywords.Select(k => KeyValuePair.Create<Value, Value>(k.Key, k.Value)), budget)
            : new TupleValue(arguments.Positional, budget);
        return PercentFormat.Format(PercentFormat.Str(value, budget), values, budget);
    }

    private static TextValue Indent(Interpreter interpreter, Value value, Arguments arguments)
    {
        Value?[] bound = arguments.Bind("indent", 0, "width", "first", "blank");
        RenderBudget budget = interpreter.Budget;
        if (value is UndefinedValue undefined) throw undefined.Fault();
        if (value is not TextValue text) throw TemplateFault.Runtime($"unsupported operand type(s) for +=: '{value.TypeName}' and 'str'");

        TextValue indent = bound[0] is TextValue given ? given
            : new TextBuilder(budget).Repeat(TextValue.Trusted(" "), Numbers.IndexOr(bound[0], 4)).ToText();
        bool first = bound[1]?.IsTrue ?? false, blank = bound[2]?.IsTrue ?? false;

        List<TextValue> lines = StringMethods.Lines(text, keepEnds: false, budget);
        if (text.Length == 0 || PythonString.IsLineBreak(text.Chars[^1])) lines.Add(TextValue.Empty);
        TextBuilder output = new(budget);
        for (int i = 0; i < lines.Count; i++)
        {
            if (i > 0) output.Append("\n", trusted: text.IsTrusted);
            if (i == 0 ? first : blank || lines[i].Length > 0) output.Append(indent);
            output.Append(lines[i]);
        }

        return output.ToText();
    }

    private static TextValue Center(Interpreter interpreter, Value value, Arguments arguments) =>
        StringMethods.Justify(PercentFormat.Str(value, interpreter.Budget),
            Numbers.IndexOr(arguments.Bind("center", 0, "width")[0], 80), TextValue.Trusted(" "), 1, interpreter.Budget);

    private static Value Truncate(Interpreter interpreter, Value value, Arguments arguments)
    {
        Value?[] bound = arguments.Bind("truncate", 0, "length", "killwords", "end", "leeway");
        RenderBudget budget = interpreter.Budget;
        int length = Numbers.IndexOr(bound[0], 255), leeway = bound[3] is null or NoneValue ? 5 : Numbers.Index(bound[3]!);
        TextValue end = bound[2] is null ? TextValue.Trusted("...") : PercentFormat.Str(bound[2]!, budget);
        if (length < end.CodePoints) throw TemplateFault.Runtime($"expected length >= {end.CodePoints}, got {length}");
        if (leeway < 0) throw TemplateFault.Runtime($"expected leeway >= 0, got {leeway}");
        int count = value.Count ?? throw TemplateFault.Runtime($"object of type '{value.TypeName}' has no len()");
        if (count <= (long)length + leeway) return value;
        if (value is not TextValue text) throw TemplateFault.Runtime($"'{value.TypeName}' object has no attribute 'rsplit'");

        TextValue cut = text.Slice(0, text.OffsetOf(length - end.CodePoints));
        int space = cut.Chars.LastIndexOf(' ');
        if (!(bound[1]?.IsTrue ?? false) && space >= 0) cut = cut.Slice(0, space);
        return new TextBuilder(budget).Append(cut).Append(end).ToText();
    }

    private static Value WordCount(Interpreter interpreter, Value value, Arguments arguments)
    {
        arguments.Bind("wordcount", 0);
        string chars = PercentFormat.Str(value, interpreter.Budget).Chars;
        interpreter.Budget.Text(chars.Length);
        int words = 0;
        bool inWord = false;
        for (int i = 0; i < chars.Length; i++)
        {
            bool isWord = chars[i] == '_' || char.IsLetter(chars, i) || char.IsNumber(chars, i) || (char.IsLowSurrogate(chars[i]) && inWord);
            if (isWord && !inWord) words++;
            inWord = isWord;
        }

        return Value.Of(words);
    }

    private static TextValue Escape(Interpreter interpreter, Value value, Arguments arguments)
    {
        arguments.Bind("escape", 0);
        TextValue text = PercentFormat.Str(value, interpreter.Budget);
        TextBuilder output = new(interpreter.Budget);
        int plain = 0;
        for (int i = 0; i < text.Length; i++)
        {
            string? entity = text.Chars[i] switch { '&' => "&amp;", '<' => "&lt;", '>' => "&gt;", '\'' => "&#39;", '"' => "&#34;", _ => null };
            if (entity is null) continue;
            output.Append(text, plain, i - plain).Append(entity, text.TrustedAt(i));
            plain = i + 1;
        }

        return output.Append(text, plain).ToText();
    }

    /// <summary>Removes markup and comments, and runs of white space become one space.</summary>
    private static TextValue StripTags(Interpreter interpreter, Value value, Arguments arguments)
    {
        arguments.Bind("striptags", 0);
        TextValue text = PercentFormat.Str(value, interpreter.Budget);
        TextBuilder output = new(interpreter.Budget);
        bool pendingSpace = false;
        for (int i = 0; i < text.Length; i++)
        {
            if (text.Chars[i] == '<')
            {
                bool comment = text.Chars.AsSpan(i).StartsWith("<!--");
                interpreter.Budget.Text(text.Length - i);
                int close = text.Chars.IndexOf(comment ? "-->" : ">", i, StringComparison.Ordinal);
                if (close >= 0)
                {
                    i = close + (comment ? 2 : 0);
                    continue;
                }
            }

            if (PythonString.IsSpace(text.Chars[i]))
            {
                pendingSpace = output.Length > 0;
                continue;
            }

            if (pendingSpace) output.Append(" ", text.TrustedAt(i));
            pendingSpace = false;
            output.Append(text, i, 1);
        }

        return output.ToText();
    }

    private static TextValue UrlEncode(Interpreter interpreter, Value value, Arguments arguments)
    {
        arguments.Bind("urlencode", 0);
        if (value is DictValue or ListValue) throw TemplateFault.Runtime("urlencode takes a text; encoding of pairs is not supported");
        TextValue text = PercentFormat.Str(value, interpreter.Budget);
        TextBuilder output = new(interpreter.Budget);
        for (int i = 0; i < text.Length; i += text.UnitsAt(i))
        {
            char c = text.Chars[i];
            if (char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-' or '~' or '/') output.Append(text, i, 1);
            else
            {
                foreach (byte b in Encoding.UTF8.GetBytes(text.Chars.Substring(i, text.UnitsAt(i))))
                    output.Append("%" + b.ToString("X2", CultureInfo.InvariantCulture), text.TrustedAt(i));
            }
        }

        return output.ToText();
    }
}
