using System.Globalization;
using System.Text;

namespace Puna.Cli.Conversations;

/// <summary>
/// Reads lines from a person at a terminal, who can move about in them, call up earlier ones and paste several at once.
/// Ctrl-C may come from another thread at any time, hence the lock.
/// </summary>
/// <param name="output">The terminal.</param>
/// <param name="size">Its columns and rows, asked for every time as windows change.</param>
internal sealed class LineEditor(TextWriter output, Func<(int Columns, int Rows)> size)
{
    private static readonly TimeSpan PasteGap = TimeSpan.FromMilliseconds(20); // between a line of a paste and the next

    private readonly Lock _lock = new();
    private readonly LineBuffer _buffer = new();
    private readonly List<string> _history = [];
    private string _prompt = "", _draft = "";
    private int _promptWidth, _historyIndex, _cursorRow, _drawnColumns;

    /// <summary>
    /// Reads until Enter; null for Ctrl-D with nothing typed. What is pasted comes as one text, unless it begins with a
    /// slash: a command ends with its line.
    /// </summary>
    /// <param name="prompt">Shown in front, with the colours it has.</param>
    /// <param name="promptWidth">Cells of the prompt.</param>
    internal string? ReadLine(string prompt, int promptWidth)
    {
        Start(prompt, promptWidth);
        while (true)
        {
            ConsoleKeyInfo key = Console.ReadKey(intercept: true);
            bool more = Console.KeyAvailable;
            if (key.Key == ConsoleKey.Enter && !more && !IsCommand) more = WaitForPaste();
            lock (_lock)
            {
                if (key.Key == ConsoleKey.Enter && key.Modifiers == 0 && (!more || IsCommand)) return Finish();
                if (key.Key == ConsoleKey.D && key.Modifiers == ConsoleModifiers.Control && _buffer.Text.Length == 0) return null;

                Apply(key);
                if (!more) Draw();
            }
        }
    }

    /// <summary>Begins an empty line.</summary>
    internal void Start(string prompt, int promptWidth)
    {
        lock (_lock)
        {
            (_prompt, _promptWidth, _cursorRow, _drawnColumns, _draft, _historyIndex) = (prompt, promptWidth, 0, 0, "", _history.Count);
            _buffer.Set("");
            Draw();
        }
    }

    /// <summary>Ctrl-C: takes back what was typed; false if there was nothing.</summary>
    internal bool Interrupt()
    {
        lock (_lock)
        {
            bool typed = _buffer.Text.Length > 0;
            _buffer.End();
            Draw();
            output.Write("^C" + LineLayout.RowEnd);
            _buffer.Set("");
            _cursorRow = 0;
            return typed;
        }
    }

    /// <summary>Shows prompt and text again, below what was written meanwhile.</summary>
    internal void Redraw()
    {
        lock (_lock)
        {
            _cursorRow = 0;
            Draw();
        }
    }

    /// <summary>One key, as it acts on the buffer and the history.</summary>
    internal void Apply(ConsoleKeyInfo key)
    {
        bool control = key.Modifiers.HasFlag(ConsoleModifiers.Control);
        switch (key.Key)
        {
            case ConsoleKey.Enter: _buffer.Insert("\n"); break;
            case ConsoleKey.LeftArrow when control: _buffer.WordLeft(); break;
            case ConsoleKey.RightArrow when control: _buffer.WordRight(); break;
            case ConsoleKey.LeftArrow: _buffer.Left(); break;
            case ConsoleKey.RightArrow: _buffer.Right(); break;
            case ConsoleKey.UpArrow: Recall(_historyIndex - 1); break;
            case ConsoleKey.DownArrow: Recall(_historyIndex + 1); break;
            case ConsoleKey.Home: _buffer.Home(); break;
            case ConsoleKey.End: _buffer.End(); break;
            case ConsoleKey.Backspace when control: _buffer.DeleteWord(); break;
            case ConsoleKey.Backspace: _buffer.DeleteBefore(); break;
            case ConsoleKey.Delete: _buffer.DeleteAfter(); break;
            case ConsoleKey.A when control: _buffer.Home(); break;
            case ConsoleKey.E when control: _buffer.End(); break;
            case ConsoleKey.D when control: _buffer.DeleteAfter(); break;
            case ConsoleKey.U when control: _buffer.DeleteToHome(); break;
            case ConsoleKey.K when control: _buffer.DeleteToEnd(); break;
            case ConsoleKey.W when control: _buffer.DeleteWord(); break;
            case ConsoleKey.L when control:
                output.Write("\e[H\e[2J");
                _cursorRow = 0;
                break;
            default:
                if (key.KeyChar == '\t' || !char.IsControl(key.KeyChar)) _buffer.Insert(key.KeyChar.ToString());
                break;
        }
    }

    /// <summary>What was typed so far.</summary>
    internal string Text => _buffer.Text;

    /// <summary>Ends the line: it becomes the latest of the history.</summary>
    internal string Finish()
    {
        _buffer.End();
        Draw(whole: true);
        output.Write(LineLayout.RowEnd);
        string text = _buffer.Text;
        _buffer.Set("");
        if (text.Length > 0 && (_history.Count == 0 || _history[^1] != text)) _history.Add(text);
        return text;
    }

    private bool IsCommand => _buffer.Text.StartsWith('/');

    private static bool WaitForPaste()
    {
        Thread.Sleep(PasteGap);
        return Console.KeyAvailable;
    }

    private void Recall(int index)
    {
        if (index < 0 || index > _history.Count) return;

        if (_historyIndex == _history.Count) _draft = _buffer.Text;
        _historyIndex = index;
        _buffer.Set(index == _history.Count ? _draft : _history[index]);
    }

    /// <summary>Draws over what was drawn before; of a text higher than the terminal only the part around the cursor, if not asked for all.</summary>
    private void Draw(bool whole = false)
    {
        (int columns, int height) = size();
        columns = Math.Max(columns, _promptWidth + 2);
        LineLayout layout = LineLayout.Of(_buffer.Text, _buffer.Cursor, _promptWidth, columns);
        layout.Rows[0] = _prompt + layout.Rows[0];
        int shown = whole ? layout.Rows.Length : Math.Min(layout.Rows.Length, Math.Max(1, height - 1));
        int top = Math.Clamp(layout.CursorRow - shown + 1, 0, layout.Rows.Length - shown);

        StringBuilder frame = new();
        if (_drawnColumns != 0 && columns != _drawnColumns) frame.Append(LineLayout.RowEnd); // who knows what the terminal made of the old rows
        else if (_cursorRow > 0) frame.Append(CultureInfo.InvariantCulture, $"\e[{_cursorRow}A");
        frame.Append("\r\e[J").AppendJoin(LineLayout.RowEnd, layout.Rows[top..(top + shown)]);

        (_cursorRow, _drawnColumns) = (layout.CursorRow - top, columns);
        if (shown - 1 > _cursorRow) frame.Append(CultureInfo.InvariantCulture, $"\e[{shown - 1 - _cursorRow}A");
        frame.Append('\r');
        if (layout.CursorColumn > 0) frame.Append(CultureInfo.InvariantCulture, $"\e[{layout.CursorColumn}C");
        output.Write(frame.ToString());
        output.Flush();
    }
}
