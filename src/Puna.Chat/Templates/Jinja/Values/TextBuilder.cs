using System.Text;

namespace Puna.Chat.Templates.Jinja.Values;

/// <summary>Builds a <see cref="Text"/> piece by piece, keeping each piece's trust and charging the budget.</summary>
internal sealed class TextBuilder(RenderBudget budget)
{
    private readonly StringBuilder _chars = new();
    private readonly List<int> _flips = [];
    private bool _firstTrusted = true;
    private bool _lastTrusted = true;

    public RenderBudget Budget { get; } = budget;

    public int Length => _chars.Length;

    /// <summary>Appends text the template wrote or a number's digits.</summary>
    public TextBuilder Append(string chars, bool trusted = true)
    {
        Append(chars.AsSpan(), trusted);
        return this;
    }

    public TextBuilder Append(char c, bool trusted = true)
    {
        Append(new ReadOnlySpan<char>(in c), trusted);
        return this;
    }

    public TextBuilder Append(Text text) => Append(text, 0, text.Length);

    public TextBuilder Append(Text text, int start) => Append(text, start, text.Length - start);

    public TextBuilder Append(Text text, int start, int length)
    {
        if (length == 0) return this;
        if (text.IsTrusted) return AppendSpan(text.Chars.AsSpan(start, length), true);

        foreach ((int runStart, int runLength, bool trusted) in text.Runs())
        {
            int from = Math.Max(start, runStart), to = Math.Min(start + length, runStart + runLength);
            if (from < to) Append(text.Chars.AsSpan(from, to - from), trusted);
        }

        return this;
    }

    /// <summary>Appends copies of a text.</summary>
    public TextBuilder Repeat(Text text, long count)
    {
        Budget.CheckTextLength(Length + (text.Length * Math.Max(count, 0)));
        if (text.Length == 0) return this;
        for (long i = 0; i < count; i++) Append(text);
        return this;
    }

    public void Append(ReadOnlySpan<char> chars, bool trusted) => AppendSpan(chars, trusted);

    public Text ToText() => _chars.Length == 0 ? Text.Empty : new Text(_chars.ToString(), _firstTrusted, [.. _flips]);

    private TextBuilder AppendSpan(ReadOnlySpan<char> chars, bool trusted)
    {
        if (chars.IsEmpty) return this;
        Budget.Text(chars.Length);
        Budget.CheckTextLength((long)_chars.Length + chars.Length);

        if (_chars.Length == 0) _firstTrusted = trusted;
        else if (trusted != _lastTrusted) _flips.Add(_chars.Length);
        _lastTrusted = trusted;
        _chars.Append(chars);
        return this;
    }
}
