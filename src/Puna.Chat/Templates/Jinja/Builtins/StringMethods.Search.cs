using Puna.Chat.Templates.Jinja.Python;
using Puna.Chat.Templates.Jinja.Values;

namespace Puna.Chat.Templates.Jinja.Builtins;

/// <summary>Searching, replacing and splitting.</summary>
internal static partial class StringMethods
{
    /// <param name="count">Most replacements, or negative for all.</param>
    public static Text Replace(Text text, Text old, Text replacement, int count, RenderBudget budget)
    {
        budget.Search(text.Length, old.Length);
        TextBuilder output = new(budget);
        int from = 0;
        if (old.Length == 0)
        {
            // Between all characters, and at both ends.
            for (int i = 0; count != 0 && i <= text.Length; count--)
            {
                output.Append(replacement);
                if (i == text.Length) return output.ToText();
                int units = text.UnitsAt(i);
                output.Append(text, i, units);
                from = i += units;
            }

            return output.Append(text, from).ToText();
        }

        for (; count != 0; count--)
        {
            int at = text.Chars.IndexOf(old.Chars, from, StringComparison.Ordinal);
            if (at < 0) break;
            output.Append(text, from, at - from).Append(replacement);
            from = at + old.Length;
        }

        return from == 0 ? text : output.Append(text, from).ToText();
    }

    /// <summary>Lines of a text without their ends.</summary>
    public static List<Text> Lines(Text text, bool keepEnds, RenderBudget budget)
    {
        budget.Text(text.Length);
        List<Text> lines = [];
        for (int start = 0; start < text.Length;)
        {
            int end = start;
            while (end < text.Length && !PythonString.IsLineBreak(text.Chars[end])) end++;
            int next = end == text.Length ? end : end + 1;
            if (end + 1 < text.Length && text.Chars[end] == '\r' && text.Chars[end + 1] == '\n') next++;
            lines.Add(text.Slice(start, (keepEnds ? next : end) - start));
            start = next;
            budget.Step();
        }

        return lines;
    }

    private static Text Replace(Text text, Arguments arguments, RenderBudget budget)
    {
        if (arguments.Keywords.Count > 0) throw TemplateFault.Runtime("str.replace() takes no keyword arguments");
        Value?[] bound = arguments.Bind("replace", 2, "old", "new", "count");
        return Replace(text, AsText(bound[0], "replace() argument 1"), AsText(bound[1], "replace() argument 2"), Numbers.IndexOr(bound[2], -1), budget);
    }

    private static bool Affix(Text text, Arguments arguments, RenderBudget budget, string name, bool atEnd)
    {
        Value?[] bound = arguments.Bind(name, 1, "prefix", "start", "end");
        (int start, int end) = Window(text, bound[1], bound[2], budget);
        IReadOnlyList<Value> affixes = bound[0] is TupleValue tuple ? tuple.Items : [bound[0]!];
        foreach (Value affix in affixes)
        {
            string chars = AsText(affix, $"{name} first arg").Chars;
            budget.Text(chars.Length);
            if (start > end) continue;
            ReadOnlySpan<char> window = text.Chars.AsSpan(start, end - start);
            if (atEnd ? window.EndsWith(chars) : window.StartsWith(chars)) return true;
        }

        return false;
    }

    private static Text RemovePrefix(Text text, Arguments arguments, RenderBudget budget)
    {
        string prefix = AsText(arguments.Bind("removeprefix", 1, "prefix")[0], "removeprefix() argument").Chars;
        budget.Text(text.Length);
        return text.Chars.StartsWith(prefix, StringComparison.Ordinal) ? text.Slice(prefix.Length) : text;
    }

    private static Text RemoveSuffix(Text text, Arguments arguments, RenderBudget budget)
    {
        string suffix = AsText(arguments.Bind("removesuffix", 1, "suffix")[0], "removesuffix() argument").Chars;
        budget.Text(text.Length);
        return suffix.Length > 0 && text.Chars.EndsWith(suffix, StringComparison.Ordinal) ? text.Slice(0, text.Length - suffix.Length) : text;
    }

    /// <summary>The stretch between two optional code point indices, as UTF-16 offsets; start may exceed end.</summary>
    private static (int Start, int End) Window(Text text, Value? start, Value? end, RenderBudget budget)
    {
        if (start is null or NoneValue && end is null or NoneValue) return (0, text.Length);

        budget.Text(text.CodePoints == text.Length ? 1 : text.Length);
        int count = text.CodePoints;
        int from = start is null or NoneValue ? 0 : Numbers.Index(start), to = end is null or NoneValue ? count : Numbers.Index(end);
        from = from < 0 ? Math.Max(0, from + count) : from;
        to = to < 0 ? Math.Max(0, to + count) : Math.Min(to, count);
        return from > count ? (text.Length + 1, text.Length) : (text.OffsetOf(from), text.OffsetOf(to));
    }

    private static int Find(Text text, Arguments arguments, RenderBudget budget, bool last)
    {
        Value?[] bound = arguments.Bind("find", 1, "sub", "start", "end");
        Text sought = AsText(bound[0], "find() argument");
        (int start, int end) = Window(text, bound[1], bound[2], budget);
        if (start > end) return -1;

        budget.Search(end - start, sought.Length);
        ReadOnlySpan<char> window = text.Chars.AsSpan(start, end - start);
        int at = last ? window.LastIndexOf(sought.Chars) : window.IndexOf(sought.Chars);
        return at < 0 ? -1 : text.CodePointAt(start + at);
    }

    private static int Found(int index) => index >= 0 ? index : throw TemplateFault.Runtime("substring not found");

    private static Value Count(Text text, Arguments arguments, RenderBudget budget)
    {
        Value?[] bound = arguments.Bind("count", 1, "sub", "start", "end");
        Text sought = AsText(bound[0], "count() argument");
        (int start, int end) = Window(text, bound[1], bound[2], budget);
        if (start > end) return Value.Of(0);
        if (sought.Length == 0) return Value.Of(text.CodePointAt(end) - text.CodePointAt(start) + 1);

        budget.Search(end - start, sought.Length);
        return Value.Of(text.Chars.AsSpan(start, end - start).Count(sought.Chars));
    }

    private static TupleValue Partition(Text text, Arguments arguments, RenderBudget budget, bool last)
    {
        Text separator = AsText(arguments.Bind("partition", 1, "sep")[0], "the separator");
        if (separator.Length == 0) throw TemplateFault.Runtime("empty separator");

        budget.Search(text.Length, separator.Length);
        int at = last ? text.Chars.LastIndexOf(separator.Chars, StringComparison.Ordinal) : text.Chars.IndexOf(separator.Chars, StringComparison.Ordinal);
        if (at < 0) return new TupleValue(last ? [Text.Empty, Text.Empty, text] : [text, Text.Empty, Text.Empty], budget);
        return new TupleValue([text.Slice(0, at), separator, text.Slice(at + separator.Length)], budget);
    }

    private static ListValue Split(Text text, Arguments arguments, RenderBudget budget)
    {
        (Text? separator, int limit) = SplitArguments(text, arguments, budget, "split");
        List<Value> parts = [];
        int from = 0;
        if (separator is null)
        {
            while (true)
            {
                while (from < text.Length && PythonString.IsSpace(text.Chars[from])) from++;
                if (from == text.Length) break;

                int end = from;
                if (limit >= 0 && parts.Count == limit)
                {
                    parts.Add(text.Slice(from));
                    break;
                }

                while (end < text.Length && !PythonString.IsSpace(text.Chars[end])) end++;
                parts.Add(text.Slice(from, end - from));
                from = end;
            }
        }
        else
        {
            while (limit < 0 || parts.Count < limit)
            {
                int at = text.Chars.IndexOf(separator.Chars, from, StringComparison.Ordinal);
                if (at < 0) break;
                parts.Add(text.Slice(from, at - from));
                from = at + separator.Length;
            }

            parts.Add(text.Slice(from));
        }

        budget.Step(parts.Count);
        return new ListValue(parts, budget);
    }

    private static ListValue RSplit(Text text, Arguments arguments, RenderBudget budget)
    {
        (Text? separator, int limit) = SplitArguments(text, arguments, budget, "rsplit");
        List<Value> parts = [];
        int to = text.Length;
        if (separator is null)
        {
            while (true)
            {
                while (to > 0 && PythonString.IsSpace(text.Chars[to - 1])) to--;
                if (to == 0) break;

                int start = to;
                if (limit >= 0 && parts.Count == limit)
                {
                    parts.Add(text.Slice(0, to));
                    break;
                }

                while (start > 0 && !PythonString.IsSpace(text.Chars[start - 1])) start--;
                parts.Add(text.Slice(start, to - start));
                to = start;
            }
        }
        else
        {
            while (limit < 0 || parts.Count < limit)
            {
                int at = text.Chars.AsSpan(0, to).LastIndexOf(separator.Chars);
                if (at < 0) break;
                parts.Add(text.Slice(at + separator.Length, to - at - separator.Length));
                to = at;
            }

            parts.Add(text.Slice(0, to));
        }

        parts.Reverse();
        budget.Step(parts.Count);
        return new ListValue(parts, budget);
    }

    private static (Text? Separator, int Limit) SplitArguments(Text text, Arguments arguments, RenderBudget budget, string name)
    {
        Value?[] bound = arguments.Bind(name, 0, "sep", "maxsplit");
        Text? separator = bound[0] is null or NoneValue ? null : AsText(bound[0], "the separator");
        if (separator is { Length: 0 }) throw TemplateFault.Runtime("empty separator");
        budget.Search(text.Length, separator?.Length ?? 1);
        return (separator, Numbers.IndexOr(bound[1], -1));
    }

    private static ListValue SplitLines(Text text, Arguments arguments, RenderBudget budget)
    {
        bool keepEnds = arguments.Bind("splitlines", 0, "keepends")[0]?.IsTrue ?? false;
        return new ListValue(Lines(text, keepEnds, budget), budget);
    }
}
