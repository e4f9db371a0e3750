using System.Text;

namespace Puna.Chat.Tools;

/// <summary>
/// Finds calls in an answer as it is written, in any form that Llama 3.1 and 4 use: <c>[f(a=1), g()]</c>,
/// <c>{"name": "f", "parameters": {…}}</c> (one, several in a row, or a list) and <c>&lt;function=f&gt;{…}&lt;/function&gt;</c>. Only
/// names that are offered make a call; what is malformed, cut off or of another name is text. Text is never lost: only white
/// space and marks next to a call are left out. What comes out does not depend on where the text is cut into pieces, and the
/// work grows with its length alone. Not thread-safe.
/// </summary>
public sealed class ToolCallReader
{
    private readonly HashSet<string> _names;
    private readonly Func<ToolCall, bool>? _accepts;
    private readonly CallOpening _opening;
    private readonly List<ToolCallPiece> _pieces = [];
    private readonly StringBuilder _text = new(); // decided, and not handed out yet
    private readonly StringBuilder _gap = new(); // white space, marks and separators: no text if a call is next to them
    private readonly StringBuilder _held = new(); // what may become a call
    private bool _afterCall;
    private bool _opened;
    private int _depth;
    private char _quote;
    private bool _escaped;

    /// <param name="names">Names of the tools offered.</param>
    /// <param name="accepts">Says whether a call may be made; a list with one that may not stays text. Null where all may.</param>
    public ToolCallReader(IEnumerable<string> names, Func<ToolCall, bool>? accepts = null)
    {
        _accepts = accepts;
        _names = new HashSet<string>(names, StringComparer.Ordinal);
        _opening = new CallOpening(_names);
    }

    /// <summary>Takes more of the answer.</summary>
    /// <returns>What became certain, in order, often nothing; valid until the next call.</returns>
    public IReadOnlyList<ToolCallPiece> Append(ReadOnlySpan<char> text)
    {
        _pieces.Clear();
        foreach (char c in text) Take(c);
        FlushText();
        return _pieces;
    }

    /// <summary>Ends the answer: a call that is not whole is text. The reader is then ready for another one.</summary>
    /// <returns>The rest, in order; valid until the next call.</returns>
    public IReadOnlyList<ToolCallPiece> End()
    {
        _pieces.Clear();
        if (_held.Length > 0) Reject();
        if (!_afterCall) _text.Append(_gap);
        _gap.Clear();
        _afterCall = false;
        FlushText();
        return _pieces;
    }

    private void Take(char c)
    {
        if (_held.Length == 0)
        {
            TakeText(c);
        }
        else if (_opened)
        {
            _held.Append(c);
            Scan(c);
            if (_depth == 0) Complete();
        }
        else
        {
            TakeOpening(c);
        }
    }

    private void TakeText(char c)
    {
        if (CallOpening.CanBegin(c))
        {
            _opening.Begin(c);
            _held.Append(c);
        }
        else if (char.IsWhiteSpace(c) || (_afterCall && c is ';' or ','))
        {
            _gap.Append(c);
        }
        else
        {
            FlushGap();
            _text.Append(c);
        }
    }

    private void TakeOpening(char c)
    {
        switch (_opening.Take(c))
        {
            case CallOpening.Outcome.NoCall:
                Reject();
                TakeText(c);
                break;
            case CallOpening.Outcome.Mark:
                _gap.Append(_held).Append(c);
                _held.Clear();
                break;
            case CallOpening.Outcome.Call:
                _held.Append(c);
                (_opened, _depth, _quote, _escaped) = (true, _opening.Depth, _opening.IsInEscape ? '"' : '\0', _opening.IsInEscape);
                break;
            default:
                _held.Append(c);
                break;
        }
    }

    /// <summary>Looks for the bracket that closes the call; whether all within is in order shows when it is there.</summary>
    private void Scan(char c)
    {
        if (_quote != '\0')
        {
            if (_escaped) _escaped = false;
            else if (c == '\\') _escaped = true;
            else if (c == _quote) _quote = '\0';
        }
        else if (c == '"' || (c == '\'' && _opening.Form == CallForm.Pythonic))
        {
            _quote = c;
        }
        else if (c is '[' or '{' or '(')
        {
            _depth++;
        }
        else if (c is ']' or '}' or ')')
        {
            _depth--;
        }
    }

    private void Complete()
    {
        string held = _held.ToString();
        List<ToolCall>? calls = _opening.Form switch
        {
            CallForm.Pythonic => PythonicCalls.Parse(held, _names),
            CallForm.Json => JsonCalls.Parse(held, _names),
            _ => JsonCalls.Parse(_opening.FunctionName, held[held.IndexOf('{', StringComparison.Ordinal)..]),
        };
        if (calls is null || (_accepts is not null && !calls.TrueForAll(call => _accepts(call))))
        {
            Reject();
            return;
        }

        FlushText();
        foreach (ToolCall call in calls) _pieces.Add(new ToolCallPiece("", call));
        _gap.Clear();
        _held.Clear();
        _opened = false;
        _afterCall = true;
    }

    /// <summary>What was held back is text after all.</summary>
    private void Reject()
    {
        FlushGap();
        _text.Append(_held);
        _held.Clear();
        _opened = false;
    }

    /// <summary>Text follows the gap; white space alone after a call is still none of it.</summary>
    private void FlushGap()
    {
        if (!_afterCall || !string.IsNullOrWhiteSpace(_gap.ToString())) _text.Append(_gap);
        _gap.Clear();
        _afterCall = false;
    }

    private void FlushText()
    {
        if (_text.Length == 0) return;

        _pieces.Add(new ToolCallPiece(_text.ToString(), null));
        _text.Clear();
    }
}
