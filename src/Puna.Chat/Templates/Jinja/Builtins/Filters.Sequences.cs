using System.Globalization;
using Puna.Chat.Templates.Jinja.Python;
using Puna.Chat.Templates.Jinja.Values;

namespace Puna.Chat.Templates.Jinja.Builtins;

/// <summary>Filters of sequences and dictionaries.</summary>
internal static partial class Filters
{
    private static ListValue ToList(Interpreter interpreter, Value value, Arguments arguments, string name)
    {
        arguments.Bind(name, 0);
        return new ListValue(Collect(interpreter, value), interpreter.Budget);
    }

    private static List<Value> Collect(Interpreter interpreter, Value value)
    {
        List<Value> items = [];
        foreach (Value item in interpreter.Iterate(value)) items.Add(item);
        return items;
    }

    private static Value First(Interpreter interpreter, Value value, Arguments arguments)
    {
        arguments.Bind("first", 0);
        foreach (Value item in interpreter.Iterate(value)) return item;
        return new UndefinedValue("No first item, sequence was empty.");
    }

    private static Value Last(Interpreter interpreter, Value value, Arguments arguments)
    {
        arguments.Bind("last", 0);
        if (value is GeneratorValue) throw TemplateFault.Runtime("'generator' object is not reversible");
        if (value is UndefinedValue undefined) return undefined;
        return interpreter.Iterate(value).LastOrDefault() ?? new UndefinedValue("No last item, sequence was empty.");
    }

    private static Text Join(Interpreter interpreter, Value value, Arguments arguments)
    {
        Value?[] bound = arguments.Bind("join", 0, "d", "attribute");
        Text separator = bound[0] is null ? Text.Empty : PercentFormat.Str(bound[0]!, interpreter.Budget);
        Func<Value, Value> select = bound[1] is null or NoneValue ? item => item : AttributeGetter(interpreter, bound[1]!, null);
        TextBuilder output = new(interpreter.Budget);
        bool first = true;
        foreach (Value item in interpreter.Iterate(value))
        {
            if (!first) output.Append(separator);
            first = false;
            select(item).AppendStr(output);
        }

        return output.ToText();
    }

    private static GeneratorValue Items(Interpreter interpreter, Value value, Arguments arguments)
    {
        arguments.Bind("items", 0);
        return new GeneratorValue(Pairs(interpreter, value), value, interpreter.Budget);
    }

    private static IEnumerable<Value> Pairs(Interpreter interpreter, Value value)
    {
        if (value is UndefinedValue) yield break;
        foreach ((Value key, Value item) in AsDict(value).Entries)
        {
            interpreter.Budget.Step();
            yield return new TupleValue([key, item], interpreter.Budget);
        }
    }

    private static ListValue DictSort(Interpreter interpreter, Value value, Arguments arguments)
    {
        Value?[] bound = arguments.Bind("dictsort", 0, "case_sensitive", "by", "reverse");
        string by = (bound[1] as Text)?.Chars ?? "key";
        if (by is not ("key" or "value")) throw TemplateFault.Runtime("You can only sort by either \"key\" or \"value\"");
        bool caseSensitive = bound[0]?.IsTrue ?? false;
        Value Key(KeyValuePair<Value, Value> entry) => Folded(by == "key" ? entry.Key : entry.Value, caseSensitive, interpreter);
        List<KeyValuePair<Value, Value>> sorted = Ordering.Sort(AsDict(value).Entries, Key, bound[2]?.IsTrue ?? false, interpreter.Budget);
        return new ListValue([.. sorted.Select(entry => new TupleValue([entry.Key, entry.Value], interpreter.Budget))], interpreter.Budget);
    }

    private static Value Reverse(Interpreter interpreter, Value value, Arguments arguments)
    {
        arguments.Bind("reverse", 0);
        List<Value> items = Collect(interpreter, value);
        items.Reverse();
        if (value is GeneratorValue) return new ListValue(items, interpreter.Budget);
        if (value is not Text) return new GeneratorValue(items, value, interpreter.Budget);

        TextBuilder output = new(interpreter.Budget);
        foreach (Value item in items) output.Append((Text)item);
        return output.ToText();
    }

    private static ListValue Sort(Interpreter interpreter, Value value, Arguments arguments)
    {
        Value?[] bound = arguments.Bind("sort", 0, "reverse", "case_sensitive", "attribute");
        bool caseSensitive = bound[1]?.IsTrue ?? false;
        Func<Value, Value> key = SortKey(interpreter, bound[2], caseSensitive);
        return new ListValue(Ordering.Sort(Collect(interpreter, value), key, bound[0]?.IsTrue ?? false, interpreter.Budget), interpreter.Budget);
    }

    /// <summary>
    /// The key of an item: always a tuple, of the attributes separated by commas or of the item itself, so that equal
    /// values need no order.
    /// </summary>
    private static Func<Value, Value> SortKey(Interpreter interpreter, Value? attribute, bool caseSensitive)
    {
        List<Func<Value, Value>> getters = attribute switch
        {
            null or NoneValue => [item => item],
            Text text => [.. text.Chars.Split(',').Select(name => AttributeGetter(interpreter, Text.Trusted(name), null))],
            _ => [AttributeGetter(interpreter, attribute, null)],
        };
        return item => new TupleValue([.. getters.Select(get => Folded(get(item), caseSensitive, interpreter))], interpreter.Budget);
    }

    private static Value Folded(Value value, bool caseSensitive, Interpreter interpreter) =>
        value is Text text && !caseSensitive ? PythonString.Lower(text, interpreter.Budget) : value;

    private static GeneratorValue Unique(Interpreter interpreter, Value value, Arguments arguments)
    {
        Value?[] bound = arguments.Bind("unique", 0, "case_sensitive", "attribute");
        return new GeneratorValue(Distinct(interpreter, value, bound[1], bound[0]?.IsTrue ?? false), value, interpreter.Budget);
    }

    private static IEnumerable<Value> Distinct(Interpreter interpreter, Value value, Value? attribute, bool caseSensitive)
    {
        Func<Value, Value> get = attribute is null or NoneValue ? item => item : AttributeGetter(interpreter, attribute, null);
        HashSet<Value> seen = new(ValueEquality.Instance);
        foreach (Value item in interpreter.Iterate(value))
        {
            if (seen.Add(Folded(get(item), caseSensitive, interpreter))) yield return item;
        }
    }

    private static Value Extreme(Interpreter interpreter, Value value, Arguments arguments, string name)
    {
        Value?[] bound = arguments.Bind(name, 0, "case_sensitive", "attribute");
        bool caseSensitive = bound[0]?.IsTrue ?? false;
        Func<Value, Value> get = bound[1] is null or NoneValue ? item => item : AttributeGetter(interpreter, bound[1]!, null);
        Value? best = null, bestKey = null;
        foreach (Value item in interpreter.Iterate(value))
        {
            Value key = Folded(get(item), caseSensitive, interpreter);
            bool better = bestKey is null ||
                (name == "max" ? Ordering.Compare(key, bestKey, interpreter.Budget, ">") > 0 : Ordering.Compare(key, bestKey, interpreter.Budget) < 0);
            if (better) (best, bestKey) = (item, key);
        }

        return best ?? new UndefinedValue("No aggregated item, sequence was empty.");
    }

    private static Value Sum(Interpreter interpreter, Value value, Arguments arguments)
    {
        Value?[] bound = arguments.Bind("sum", 0, "attribute", "start");
        Func<Value, Value> get = bound[0] is null or NoneValue ? item => item : AttributeGetter(interpreter, bound[0]!, null);
        Value total = bound[1] ?? Value.Of(0);
        if (total is Text) throw TemplateFault.Runtime("sum() can't sum strings [use ''.join(seq) instead]");
        foreach (Value item in interpreter.Iterate(value)) total = Operators.Binary("+", total, get(item), interpreter.Budget);
        return total;
    }

    private static GeneratorValue Batch(Interpreter interpreter, Value value, Arguments arguments)
    {
        Value?[] bound = arguments.Bind("batch", 1, "linecount", "fill_with");
        return new GeneratorValue(Batches(interpreter, value, bound[0]!, bound[1] is NoneValue ? null : bound[1]), value, interpreter.Budget);
    }

    private static IEnumerable<Value> Batches(Interpreter interpreter, Value value, Value lineCount, Value? fill)
    {
        List<Value> row = [];
        foreach (Value item in interpreter.Iterate(value))
        {
            if (ValueEquality.AreEqual(Value.Of(row.Count), lineCount, interpreter.Budget))
            {
                yield return new ListValue(row, interpreter.Budget);
                row = [];
            }

            row.Add(item);
        }

        if (row.Count == 0) yield break;
        if (fill is not null)
        {
            int size = Numbers.Index(lineCount);
            interpreter.Budget.Items(Math.Max(size, 0));
            while (row.Count < size) row.Add(fill);
        }

        yield return new ListValue(row, interpreter.Budget);
    }

    private static GeneratorValue Slice(Interpreter interpreter, Value value, Arguments arguments)
    {
        Value?[] bound = arguments.Bind("slice", 1, "slices", "fill_with");
        return new GeneratorValue(Slices(interpreter, value, bound[0]!, bound[1] is NoneValue ? null : bound[1]), value, interpreter.Budget);
    }

    private static IEnumerable<Value> Slices(Interpreter interpreter, Value value, Value slices, Value? fill)
    {
        List<Value> items = Collect(interpreter, value);
        int count = Numbers.Index(slices), offset = 0;
        if (count == 0) throw TemplateFault.Runtime("integer division or modulo by zero");
        interpreter.Budget.Items(Math.Max(count, 0));
        int size = items.Count / Math.Max(count, 1), longer = items.Count % Math.Max(count, 1);
        for (int i = 0; i < count; i++)
        {
            List<Value> column = items.GetRange(offset, size + (i < longer ? 1 : 0));
            offset += column.Count;
            if (fill is not null && i >= longer) column.Add(fill);
            yield return new ListValue(column, interpreter.Budget);
        }
    }

    private static ListValue GroupBy(Interpreter interpreter, Value value, Arguments arguments)
    {
        Value?[] bound = arguments.Bind("groupby", 1, "attribute", "default", "case_sensitive");
        bool caseSensitive = bound[2]?.IsTrue ?? false;
        RenderBudget budget = interpreter.Budget;
        Func<Value, Value> get = AttributeGetter(interpreter, bound[0]!, bound[1]);
        Value Key(Value item) => Folded(get(item), caseSensitive, interpreter);

        List<Value> groups = [];
        List<Value> members = [];
        Value? current = null;
        void Close()
        {
            if (members.Count > 0) groups.Add(new TupleValue([get(members[0]), new ListValue(members, budget)], budget));
            members = [];
        }

        foreach (Value item in Ordering.Sort(Collect(interpreter, value), Key, reverse: false, budget))
        {
            Value key = Key(item);
            if (current is null || !ValueEquality.AreEqual(current, key, budget)) Close();
            current = key;
            members.Add(item);
        }

        Close();
        return new ListValue(groups, budget);
    }

    private static GeneratorValue Map(Interpreter interpreter, Value value, Arguments arguments)
    {
        return new GeneratorValue(Mapped(interpreter, value, arguments), value, interpreter.Budget);
    }

    private static IEnumerable<Value> Mapped(Interpreter interpreter, Value value, Arguments arguments)
    {
        if (!value.IsTrue) yield break; // before the arguments are looked at
        Func<Value, Value> map = Mapping(interpreter, arguments);
        foreach (Value item in interpreter.Iterate(value)) yield return map(item);
    }

    private static Func<Value, Value> Mapping(Interpreter interpreter, Arguments arguments)
    {
        if (arguments.Positional.Count == 0 && arguments.Keywords.Any(k => k.Key.Chars == "attribute"))
        {
            Value?[] bound = arguments.Bind("map", 0, "attribute", "default");
            return AttributeGetter(interpreter, bound[0]!, bound[1]);
        }

        if (arguments.Positional.Count == 0) throw TemplateFault.Runtime("map requires a filter argument");
        string name = (arguments.Positional[0] as Text)?.Chars ?? throw TemplateFault.Runtime("map requires a filter's name");
        Arguments rest = arguments.Skip(1);
        return item => Apply(name, interpreter, item, rest);
    }

    private static GeneratorValue Select(Interpreter interpreter, Value value, Arguments arguments, bool keep, bool byAttribute) =>
        new(Selected(interpreter, value, arguments, keep, byAttribute), value, interpreter.Budget);

    private static IEnumerable<Value> Selected(Interpreter interpreter, Value value, Arguments arguments, bool keep, bool byAttribute)
    {
        if (!value.IsTrue) yield break;
        Func<Value, Value> get = item => item;
        if (byAttribute)
        {
            if (arguments.Positional.Count == 0) throw TemplateFault.Runtime("Missing parameter for attribute name");
            get = AttributeGetter(interpreter, arguments.Positional[0], null);
            arguments = arguments.Skip(1);
        }

        string? test = arguments.Positional.Count == 0 ? null
            : (arguments.Positional[0] as Text)?.Chars ?? throw TemplateFault.Runtime("the test must be named by a text");
        Arguments rest = arguments.Skip(1);
        foreach (Value item in interpreter.Iterate(value))
        {
            Value subject = get(item);
            if ((test is null ? subject.IsTrue : TestFunctions.Apply(test, interpreter, subject, rest)) == keep) yield return item;
        }
    }

    /// <summary>Looks up <c>a.b.0</c> step by step.</summary>
    private static Func<Value, Value> AttributeGetter(Interpreter interpreter, Value attribute, Value? fallback)
    {
        List<Value> path = attribute is Text text
            ? [.. text.Chars.Split('.').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int index)
                ? Value.Of(index) : Text.Trusted(part))]
            : [attribute];
        return item =>
        {
            foreach (Value part in path)
            {
                interpreter.Budget.Step();
                item = interpreter.GetItem(item, part);
                if (fallback is not null && item is UndefinedValue) item = fallback;
            }

            return item;
        };
    }
}
