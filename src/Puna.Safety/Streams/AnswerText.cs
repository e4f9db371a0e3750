using System.Text;
using Microsoft.Extensions.AI;
using Puna.Safety.LlamaGuard;
using Puna.Safety.Policy;

namespace Puna.Safety.Streams;

/// <summary>
/// An answer as the guard reads it: one text of words, reasoning and tool calls as JSON, and what of it has left. It knows
/// where a word ends, so that no word leaves in halves.
/// </summary>
internal sealed class AnswerText
{
    private const int MaxWord = 512; // a longer run without white space is cut

    private readonly StringBuilder _text = new();
    private readonly List<Part> _parts = [];
    private readonly List<(int Start, object Rider)> _riders = [];
    private readonly List<int> _riderEnds = []; // of those behind which something came
    private readonly List<(int Start, int End)> _calls = [];
    private int _nextPart, _nextRider;

    internal int Length => _text.Length;

    /// <summary>How far the answer has left.</summary>
    internal int Released { get; private set; }

    /// <summary>Ranges of tool calls.</summary>
    internal IReadOnlyList<(int Start, int End)> Calls => _calls;

    internal string Until(int end) => _text.ToString(0, end);

    internal void AddText(string text, bool reasoning)
    {
        if (text.Length == 0) return;
        if (_parts.Count > 0 && (_parts[^1].Call is not null || _parts[^1].IsReasoning != reasoning)) _text.Append('\n'); // belongs to nobody and never leaves
        int start = Length;
        _text.Append(text);
        _parts.Add(new Part(start, Length, reasoning, null));
        CloseRiders();
    }

    internal void AddCall(FunctionCallContent call)
    {
        if (Length > 0) _text.Append('\n');
        int start = Length;
        _text.Append(GuardMessage.CallText(call));
        _parts.Add(new Part(start, Length, false, call));
        _calls.Add((start, Length));
        CloseRiders();
    }

    /// <summary>
    /// Attaches what belongs to the words from <paramref name="start"/> on. It leaves with the end of what comes next, not
    /// before: a token may spell words that are held back, or the beginning of a call.
    /// </summary>
    internal void AddRider(object rider, int start) => _riders.Add((start, rider));

    /// <summary>The first end of a word at or behind a place, or -1 while the text does not show it. Depends on nothing behind it.</summary>
    internal int WordEnd(int from)
    {
        for (int at = Math.Max(from, 1); at <= Length; at++)
        {
            if (char.IsWhiteSpace(_text[at - 1])) return at;
            if (at - from >= MaxWord && !char.IsHighSurrogate(_text[at - 1])) return at;
        }

        return -1;
    }

    /// <summary>The last end of a word at or before a place, not before what has left.</summary>
    internal int WordEndBefore(int place)
    {
        int at = Math.Min(place, Length);
        while (at > Released && !char.IsWhiteSpace(_text[at - 1])) at--;
        return Math.Max(at, Released);
    }

    /// <summary>Lets the answer leave up to a place, with ranges replaced; a range is wholly before the place or behind it.</summary>
    internal void Release(int end, IReadOnlyList<Redaction> redactions, List<GatePiece> pieces)
    {
        while (_nextPart < _parts.Count && Released < end)
        {
            Part part = _parts[_nextPart];
            int from = Math.Max(part.Start, Released), to = Math.Min(part.End, end);
            if (part.Call is not null)
            {
                if (to < part.End) break; // a call leaves whole
                pieces.Add(new GatePiece("", false, part.Call, null));
            }
            else if (from < to && Redaction.Apply(_text.ToString(from, to - from), redactions, from) is { Length: > 0 } words)
            {
                pieces.Add(new GatePiece(words, part.IsReasoning, null, null));
            }

            Released = Math.Max(Released, to);
            if (to == part.End) _nextPart++;
            else break;
        }

        if (_nextPart == _parts.Count) Released = Math.Max(Released, Math.Min(end, Length));
        for (; _nextRider < _riderEnds.Count && _riderEnds[_nextRider] <= Released; _nextRider++)
        {
            (int start, object rider) = _riders[_nextRider];
            int stop = _riderEnds[_nextRider];
            if (!redactions.Any(r => r.Start < stop && start < r.End)) pieces.Add(new GatePiece("", false, null, rider)); // tokens spell what was redacted
        }
    }

    /// <summary>Nothing comes any more: lets all leave that is left.</summary>
    internal void Finish(IReadOnlyList<Redaction> redactions, List<GatePiece> pieces)
    {
        CloseRiders();
        Release(Length, redactions, pieces);
    }

    private void CloseRiders()
    {
        while (_riderEnds.Count < _riders.Count) _riderEnds.Add(Length);
    }

    private readonly record struct Part(int Start, int End, bool IsReasoning, FunctionCallContent? Call);
}
