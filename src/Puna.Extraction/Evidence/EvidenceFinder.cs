using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Puna.Extraction.Documents;

namespace Puna.Extraction.Evidence;

/// <summary>
/// Finds the places of a document that support values: the value's own text, the same but for spelling, the same number or the same day.
/// What is found says what the value says; of several places the first on a line that names the field is taken, or the first.
/// Not for several threads at once.
/// </summary>
public sealed partial class EvidenceFinder
{
    private const int MaxPlaces = 1_000; // looked at for one that names the field
    private const int TimeDistance = 24; // characters between a day and its time
    private const int LinePrefix = 100;

    private readonly SourceDocument _document;
    private readonly int _start;
    private readonly string _text;
    private FoldedText? _folded;
    private Dictionary<decimal, List<(int Start, int End)>>? _numbers;
    private Dictionary<DateOnly, List<(int Start, int End)>>? _dates;

    /// <summary>Looks in a document.</summary>
    public EvidenceFinder(SourceDocument document)
        : this(document, 0, document?.Text.Length ?? 0)
    {
    }

    internal EvidenceFinder(SourceDocument document, int start, int end)
    {
        ArgumentNullException.ThrowIfNull(document);
        _document = document;
        _start = start;
        _text = document.Text[start..end];
    }

    /// <summary>The place that supports a value, or null if there is none. Nulls, empty strings, objects and arrays have none.</summary>
    /// <param name="value">A string, a number, true or false.</param>
    /// <param name="field">The property's name; words of it tell which of several places is meant.</param>
    public FieldEvidence? Find(JsonElement value, string field)
    {
        ArgumentNullException.ThrowIfNull(field);
        string[] words = [.. Words().Matches(field).Select(match => match.Value).Where(word => word.Length > 2)];
        return value.ValueKind switch
        {
            JsonValueKind.String => FindText(value.GetString()!, words),
            JsonValueKind.Number => FindNumber(value, words),
            JsonValueKind.True or JsonValueKind.False => FindText(value.GetRawText(), words),
            _ => null,
        };
    }

    private FieldEvidence? FindText(string value, string[] words)
    {
        string wanted = value.Trim();
        if (wanted.Length == 0) return null;
        bool isNumber = PlainNumber().IsMatch(wanted);
        if (Best(Occurrences(_text, wanted, isNumber), words) is { } exact) return Make(exact, EvidenceMatch.Exact);

        _folded ??= new FoldedText(_text);
        string folded = new FoldedText(wanted).Text;
        if (folded.Length > 0 && Best(Occurrences(_folded.Text, folded, isNumber).Select(place => _folded.PlaceOf(place.Start, place.End - place.Start)), words) is { } spelled) return Make(spelled, EvidenceMatch.Spelling);

        if (WrittenDates.Parse(wanted) is { } day)
        {
            IEnumerable<(int Start, int End)> places = Dates.GetValueOrDefault(day) ?? [];
            if (WrittenDates.TimeOf(wanted) is { } time) places = places.Select(place => WithTime(place, time)).Where(place => place.End > 0);
            return Best(places, words) is { } date ? Make(date, EvidenceMatch.Date) : null;
        }

        return isNumber && decimal.TryParse(wanted, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number) ? FindNumber(number, words) : null;
    }

    private FieldEvidence? FindNumber(JsonElement value, string[] words) =>
        Best(Occurrences(_text, value.GetRawText(), isNumber: true), words) is { } exact ? Make(exact, EvidenceMatch.Exact)
        : value.TryGetDecimal(out decimal number) ? FindNumber(number, words) : null;

    private FieldEvidence? FindNumber(decimal number, string[] words) => Numbers.TryGetValue(number, out List<(int Start, int End)>? places) && Best(places, words) is { } found ? Make(found, EvidenceMatch.Number) : null;

    private Dictionary<decimal, List<(int Start, int End)>> Numbers => _numbers ??= Index(WrittenNumbers.Find(_text));

    private Dictionary<DateOnly, List<(int Start, int End)>> Dates => _dates ??= Index(WrittenDates.Find(_text));

    private static Dictionary<T, List<(int Start, int End)>> Index<T>(IEnumerable<(T Value, int Start, int End)> found)
        where T : notnull
    {
        Dictionary<T, List<(int Start, int End)>> index = [];
        foreach ((T value, int start, int end) in found)
        {
            if (!index.TryGetValue(value, out List<(int Start, int End)>? places)) index[value] = places = [];
            places.Add((start, end));
        }

        return index;
    }

    /// <summary>A day's place, widened to its time; (0, 0) if the time does not follow.</summary>
    private (int Start, int End) WithTime((int Start, int End) day, string time)
    {
        string near = _text[day.End..Math.Min(_text.Length, day.End + TimeDistance)];
        int at = near.IndexOf(time[0] == '0' ? time[1..] : time, StringComparison.Ordinal);
        return at < 0 || (at > 0 && char.IsAsciiDigit(near[at - 1]) && near[at - 1] != '0') ? (0, 0) : (day.Start, day.End + at + time.Length - (time[0] == '0' ? 1 : 0));
    }

    /// <summary>Places of a text that do not start or end inside a word or a number.</summary>
    private static IEnumerable<(int Start, int End)> Occurrences(string text, string wanted, bool isNumber = false)
    {
        for (int at = 0; at <= text.Length - wanted.Length && (at = text.IndexOf(wanted, at, StringComparison.Ordinal)) >= 0; at++)
        {
            int end = at + wanted.Length;
            if (!Joins(text, at) && !Joins(text, end) && !(isNumber && InsideNumber(text, at, end))) yield return (at, end);
        }
    }

    /// <summary>Both sides of a place are letters or both digits: it is inside a word.</summary>
    private static bool Joins(string text, int at) =>
        at > 0 && at < text.Length && ((char.IsLetter(text[at - 1]) && char.IsLetter(text[at])) || (char.IsAsciiDigit(text[at - 1]) && char.IsAsciiDigit(text[at])));

    /// <summary>98 is not in 298.98, nor 5 in -5, nor -14 in 2026-03-14.</summary>
    private static bool InsideNumber(string text, int start, int end) =>
        (text[start] == '-' && start > 0 && char.IsLetterOrDigit(text[start - 1]))
        || (end + 1 < text.Length && text[end] is '.' or ',' && char.IsAsciiDigit(text[end + 1]))
        || (start > 1 && text[start - 1] is '.' or ',' && char.IsAsciiDigit(text[start - 2]))
        || (start > 0 && text[start - 1] is '-' or '\u2212' && char.IsAsciiDigit(text[start]) && (start == 1 || !char.IsLetterOrDigit(text[start - 2])));

    private (int Start, int End)? Best(IEnumerable<(int Start, int End)> places, string[] words)
    {
        (int Start, int End)? first = null;
        foreach ((int Start, int End) place in places.Take(MaxPlaces))
        {
            first ??= place;
            if (words.Length == 0) break;

            ReadOnlySpan<char> before = _text.AsSpan(0, place.Start)[Math.Max(0, place.Start - LinePrefix)..];
            before = before[(before.LastIndexOf('\n') + 1)..];
            foreach (string word in words)
            {
                if (before.Contains(word, StringComparison.OrdinalIgnoreCase)) return place;
            }
        }

        return first;
    }

    private FieldEvidence Make((int Start, int End) place, EvidenceMatch match)
    {
        int start = _start + place.Start, end = _start + place.End;
        int page = 0;
        while (page < _document.PageStarts.Count && _document.PageStarts[page] <= start) page++;
        int pageStart = page == 0 ? 0 : _document.PageStarts[page - 1];
        int line = 1 + _document.Text.AsSpan(pageStart, start - pageStart).Count('\n');
        return new FieldEvidence(start, end, _document.Text[start..end], match, line, page == 0 ? null : page);
    }

    [GeneratedRegex(@"\p{Lu}?\p{Ll}+|\p{Lu}+(?!\p{Ll})")]
    private static partial Regex Words();

    [GeneratedRegex(@"^-?[0-9]+(?:\.[0-9]+)?$")]
    private static partial Regex PlainNumber();
}
