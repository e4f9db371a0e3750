using System.Globalization;

namespace Puna.Cli.Conversations;

/// <summary>
/// Text that is being typed, and a cursor in it that never stands inside a character as people see it: a letter with its
/// accents, an emoji of several parts.
/// </summary>
internal sealed class LineBuffer
{
    /// <summary>What was typed so far; line feeds where lines were pasted.</summary>
    internal string Text { get; private set; } = "";

    /// <summary>UTF-16 units before the cursor.</summary>
    internal int Cursor { get; private set; }

    internal void Set(string text)
    {
        Text = text;
        Cursor = text.Length;
    }

    internal void Insert(string text)
    {
        Text = Text.Insert(Cursor, text);
        Cursor += text.Length;
    }

    internal void Left() => Cursor = Previous();

    internal void Right() => Cursor = Next();

    internal void Home() => Cursor = 0;

    internal void End() => Cursor = Text.Length;

    /// <summary>To the first letter of the word before the cursor.</summary>
    internal void WordLeft()
    {
        while (Cursor > 0 && char.IsWhiteSpace(Text[Cursor - 1])) Cursor--;
        while (Cursor > 0 && !char.IsWhiteSpace(Text[Cursor - 1])) Cursor--;
    }

    /// <summary>Behind the last letter of the word after the cursor.</summary>
    internal void WordRight()
    {
        while (Cursor < Text.Length && char.IsWhiteSpace(Text[Cursor])) Cursor++;
        while (Cursor < Text.Length && !char.IsWhiteSpace(Text[Cursor])) Cursor++;
    }

    internal void DeleteBefore() => Remove(Previous(), Cursor);

    internal void DeleteAfter() => Remove(Cursor, Next());

    internal void DeleteToHome() => Remove(0, Cursor);

    internal void DeleteToEnd() => Remove(Cursor, Text.Length);

    internal void DeleteWord()
    {
        int end = Cursor;
        WordLeft();
        Remove(Cursor, end);
    }

    private void Remove(int start, int end)
    {
        Text = Text.Remove(start, end - start);
        Cursor = start;
    }

    private int Next() => Cursor == Text.Length ? Cursor : Cursor + StringInfo.GetNextTextElementLength(Text.AsSpan(Cursor));

    private int Previous()
    {
        int start = 0; // where characters begin is known only from the start of the text
        for (int next = 0; next < Cursor; next += StringInfo.GetNextTextElementLength(Text.AsSpan(next))) start = next;
        return start;
    }
}
