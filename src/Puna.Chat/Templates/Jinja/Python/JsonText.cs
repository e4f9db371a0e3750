using System.Globalization;
using Puna.Chat.Templates.Jinja.Values;

namespace Puna.Chat.Templates.Jinja.Python;

/// <summary>
/// Writes values as Python's <c>json.dumps</c> does. The result is untrusted as a whole when any text in it is: a
/// document assembled from the caller's data is the caller's data, braces included.
/// </summary>
internal sealed class JsonText(RenderBudget budget)
{
    /// <summary>Longest item and key separators and indent accepted.</summary>
    private const int MaxIndent = 64;

    private readonly TextBuilder _output = new(budget);
    private bool _trusted = true;

    public bool EnsureAscii { get; init; }

    public bool SortKeys { get; init; }

    /// <summary>Whitespace of one level, or null for one line.</summary>
    public string? Indent { get; init; }

    public string ItemSeparator { get; init; } = ", ";

    public string KeySeparator { get; init; } = ": ";

    public static string IndentOf(Value value)
    {
        if (value is Text text) return text.Chars.Length <= MaxIndent ? text.Chars : throw TemplateFault.Limit($"an indent longer than {MaxIndent}.");
        int width = Numbers.Index(value);
        return width <= MaxIndent ? new string(' ', Math.Max(width, 0)) : throw TemplateFault.Limit($"an indent of {width} exceeds {MaxIndent}.");
    }

    public Text Serialize(Value value)
    {
        Write(value, 0);
        Text text = _output.ToText();
        return new Text(text.Chars, _trusted);
    }

    private void Write(Value value, int level)
    {
        budget.Step();
        RenderBudget.EnsureStack();
        switch (value)
        {
            case NoneValue: _output.Append("null"); break;
            case BoolValue b: _output.Append(b.Boolean ? "true" : "false"); break;
            case IntValue: value.AppendStr(_output); break;
            case FloatValue f: _output.Append(FloatText(f.Number)); break;
            case Text text: WriteString(text); break;
            case ListValue or TupleValue: WriteItems('[', ']', ((SequenceValue)value).Items, level, item => Write(item, level + 1)); break;
            case DictValue dict:
                WriteItems('{', '}', Sorted(dict), level, entry =>
                {
                    WriteString(KeyText(entry.Key));
                    _output.Append(KeySeparator);
                    Write(entry.Value, level + 1);
                });
                break;
            default: throw TemplateFault.Runtime($"Object of type {value.TypeName} is not JSON serializable");
        }
    }

    private IReadOnlyList<KeyValuePair<Value, Value>> Sorted(DictValue dict) =>
        SortKeys ? Ordering.Sort(dict.Entries, entry => entry.Key, reverse: false, budget) : dict.Entries;

    private static string FloatText(double number) =>
        double.IsNaN(number) ? "NaN" : double.IsInfinity(number) ? (number > 0 ? "Infinity" : "-Infinity") : PythonFloat.Repr(number);

    private static Text KeyText(Value key) => key switch
    {
        Text text => text,
        BoolValue b => Text.Trusted(b.Boolean ? "true" : "false"),
        NoneValue => Text.Trusted("null"),
        IntValue i => Text.Trusted(i.Integer.ToString(CultureInfo.InvariantCulture)),
        FloatValue f => Text.Trusted(FloatText(f.Number)),
        _ => throw TemplateFault.Runtime($"keys must be str, int, float, bool or None, not {key.TypeName}"),
    };

    private void WriteItems<T>(char open, char close, IReadOnlyList<T> items, int level, Action<T> write)
    {
        _output.Append(open);
        for (int i = 0; i < items.Count; i++)
        {
            if (i > 0) _output.Append(ItemSeparator);
            NewLine(level + 1);
            write(items[i]);
        }

        if (items.Count > 0) NewLine(level);
        _output.Append(close);
    }

    private void NewLine(int level)
    {
        if (Indent is null) return;
        _output.Append('\n');
        for (int i = 0; i < level; i++) _output.Append(Indent);
    }

    private void WriteString(Text text)
    {
        _trusted &= text.IsTrusted;
        _output.Append('"');
        int plain = 0;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text.Chars[i];
            string? escape = c switch
            {
                '"' => "\\\"",
                '\\' => @"\\",
                '\n' => @"\n",
                '\r' => @"\r",
                '\t' => @"\t",
                '\b' => @"\b",
                '\f' => @"\f",
                < ' ' => $"\\u{(int)c:x4}",
                > '~' when EnsureAscii && c != '\x7f' => $"\\u{(int)c:x4}",
                _ => null,
            };
            if (escape is null) continue;
            _output.Append(text, plain, i - plain).Append(escape);
            plain = i + 1;
        }

        _output.Append(text, plain).Append('"');
    }
}
