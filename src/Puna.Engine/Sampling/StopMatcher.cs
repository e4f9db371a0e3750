namespace Puna.Engine.Sampling;

/// <summary>
/// Looks for stop strings in text that arrives in pieces. Text that may be the beginning of a stop string is held back until that is
/// decided; all other text passes exactly as it came. Of several stop strings the one whose last character comes first wins, and
/// the longest of those that end at the same character. Allocates nothing after construction unless a piece is longer than any before.
/// </summary>
/// <remarks>
/// Every stop string advances its own automaton (Knuth, Morris and Pratt 1977), so the time is linear in the text, times the number of
/// stop strings. Surrogate pairs are never split: a high surrogate at the end is held back too. One per sequence; not thread safe.
/// </remarks>
internal sealed class StopMatcher
{
    /// <summary>Most stop strings.</summary>
    public const int MaxStops = 64;

    /// <summary>Longest stop string, in UTF-16 code units.</summary>
    public const int MaxStopLength = 256;

    private readonly string[] _stops;
    private readonly int[][] _borders; // _borders[s][n]: length of the longest proper border of the first n characters of stop s
    private readonly int[] _matched;   // characters of each stop string that the text ends with
    private char[] _text = new char[2 * MaxStopLength];
    private int _emitted;              // characters at the front of _text that the last call returned
    private int _held;                 // characters behind them that wait for the next piece

    /// <summary>A matcher before any text.</summary>
    /// <param name="stops">At most 64 strings of 1 to 256 characters, well-formed UTF-16; none is allowed.</param>
    /// <exception cref="ArgumentException">A limit is exceeded, or a string is empty or holds half a surrogate pair.</exception>
    public StopMatcher(IReadOnlyList<string> stops)
    {
        ArgumentNullException.ThrowIfNull(stops);
        if (stops.Count > MaxStops) throw new ArgumentException($"{stops.Count} stop strings; at most {MaxStops} are allowed.", nameof(stops));

        _stops = [.. stops];
        for (int i = 0; i < _stops.Length; i++)
        {
            if (_stops[i] is not { Length: > 0 and <= MaxStopLength })
                throw new ArgumentException($"stop[{i}] has {_stops[i]?.Length ?? 0} characters; allowed: 1 to {MaxStopLength}.", nameof(stops));
            if (HasLoneSurrogate(_stops[i]))
                throw new ArgumentException($"stop[{i}] holds half of a surrogate pair; send well-formed Unicode.", nameof(stops));
        }

        _borders = Array.ConvertAll(_stops, Borders);
        _matched = new int[_stops.Length];
    }

    /// <summary>The stop string found, or null so far.</summary>
    public string? Stop { get; private set; }

    /// <summary>Takes the next piece and returns the text that is now certain to stand before any stop string; nothing more once one was found.</summary>
    /// <returns>A view that holds until the next call.</returns>
    public ReadOnlySpan<char> Append(ReadOnlySpan<char> piece)
    {
        if (Stop is not null) return default;

        int length = _held + piece.Length;
        DropEmitted(length);
        piece.CopyTo(_text.AsSpan(_held));
        for (int i = _held; i < length; i++)
        {
            int stop = Advance(_text[i]);
            if (stop < 0) continue;

            Stop = _stops[stop];
            _held = 0;
            return _text.AsSpan(0, i + 1 - Stop.Length);
        }

        _held = 0;
        foreach (int matched in _matched) _held = Math.Max(_held, matched);
        if (_held == 0 && length > 0 && char.IsHighSurrogate(_text[length - 1])) _held = 1;
        _emitted = length - _held;
        return _text.AsSpan(0, _emitted);
    }

    /// <summary>Returns the text held back: the stream has ended, so no stop string can complete.</summary>
    /// <returns>A view that holds until the next call.</returns>
    public ReadOnlySpan<char> Flush()
    {
        if (Stop is not null) return default;

        DropEmitted(_held);
        int length = _held;
        _held = 0;
        Array.Clear(_matched);
        return _text.AsSpan(0, length);
    }

    /// <summary>Back to the state before any text.</summary>
    public void Reset()
    {
        (_held, _emitted, Stop) = (0, 0, null);
        Array.Clear(_matched);
    }

    /// <summary>Moves the held text to the front and makes room for <paramref name="length"/> characters.</summary>
    private void DropEmitted(int length)
    {
        ReadOnlySpan<char> held = _text.AsSpan(_emitted, _held);
        char[] target = length <= _text.Length ? _text : new char[Math.Max(length, 2 * _text.Length)];
        held.CopyTo(target);
        _text = target;
        _emitted = 0;
    }

    /// <summary>Feeds one character to every automaton; returns the longest stop string that it completes, or -1.</summary>
    private int Advance(char c)
    {
        int found = -1;
        for (int s = 0; s < _stops.Length; s++)
        {
            string stop = _stops[s];
            int matched = _matched[s];
            while (matched > 0 && stop[matched] != c) matched = _borders[s][matched];
            if (stop[matched] == c) matched++;
            _matched[s] = matched;
            if (matched == stop.Length && (found < 0 || stop.Length > _stops[found].Length)) found = s;
        }

        return found;
    }

    private static int[] Borders(string stop)
    {
        int[] borders = new int[stop.Length + 1];
        for (int n = 2, border = 0; n <= stop.Length; n++)
        {
            while (border > 0 && stop[border] != stop[n - 1]) border = borders[border];
            if (stop[border] == stop[n - 1]) border++;
            borders[n] = border;
        }

        return borders;
    }

    private static bool HasLoneSurrogate(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) return true;
            i++;
        }

        return false;
    }
}
