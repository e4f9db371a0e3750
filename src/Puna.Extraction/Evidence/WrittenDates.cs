using System.Globalization;
using System.Text.RegularExpressions;

namespace Puna.Extraction.Evidence;

/// <summary>The days that a text gives. Where day and month may be either way round, both are meant.</summary>
internal static partial class WrittenDates
{
    private const string Months = "jan(?:uary|uar)?|feb(?:ruary|ruar)?|mar(?:ch)?|märz|mär|apr(?:il)?|may|mai|june?|juni|july?|juli|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|okt(?:ober)?|nov(?:ember)?|dec(?:ember)?|dez(?:ember)?";

    /// <summary>The days and where they stand.</summary>
    internal static IEnumerable<(DateOnly Value, int Start, int End)> Find(string text)
    {
        foreach (Match match in YearFirst().Matches(text))
        {
            if (Day(match.Groups[1].Value, match.Groups[2].Value, match.Groups[3].Value) is { } day) yield return (day, match.Index, match.Index + match.Length);
        }

        foreach (Match match in YearLast().Matches(text))
        {
            string year = Century(match.Groups[3].Value);
            DateOnly? dayFirst = Day(year, match.Groups[2].Value, match.Groups[1].Value), monthFirst = Day(year, match.Groups[1].Value, match.Groups[2].Value);
            if (dayFirst is { } one) yield return (one, match.Index, match.Index + match.Length);
            if (monthFirst is { } two && two != dayFirst) yield return (two, match.Index, match.Index + match.Length);
        }

        foreach (Match match in DayMonth().Matches(text))
        {
            if (Day(match.Groups[3].Value, MonthOf(match.Groups[2].Value), match.Groups[1].Value) is { } day) yield return (day, match.Index, match.Index + match.Length);
        }

        foreach (Match match in MonthDay().Matches(text))
        {
            if (Day(match.Groups[3].Value, MonthOf(match.Groups[1].Value), match.Groups[2].Value) is { } day) yield return (day, match.Index, match.Index + match.Length);
        }
    }

    /// <summary>The day of a value such as <c>2026-03-14</c>, with or without a time; null for other text.</summary>
    internal static DateOnly? Parse(string value)
    {
        Match match = IsoDay().Match(value);
        return match.Success ? Day(match.Groups[1].Value, match.Groups[2].Value, match.Groups[3].Value) : null;
    }

    /// <summary>Hours and minutes of a value that has a time, such as <c>08:15</c>; null for a day alone.</summary>
    internal static string? TimeOf(string value)
    {
        Match match = IsoDay().Match(value);
        return match.Groups[4].Success ? match.Groups[4].Value : null;
    }

    private static string Century(string year) => year.Length == 2 ? (year[0] < '7' ? "20" : "19") + year : year;

    private static DateOnly? Day(string year, string month, string day) =>
        int.Parse(year, CultureInfo.InvariantCulture) is >= 1 and <= 9999 and int y && int.Parse(month, CultureInfo.InvariantCulture) is >= 1 and <= 12 and int m
        && int.Parse(day, CultureInfo.InvariantCulture) is >= 1 and int d && d <= DateTime.DaysInMonth(y, m) ? new DateOnly(y, m, d) : null;

    private static string MonthOf(string name) => name[..3].ToLowerInvariant() switch
    {
        "jan" => "1",
        "feb" => "2",
        "mar" or "mär" => "3",
        "apr" => "4",
        "may" or "mai" => "5",
        "jun" => "6",
        "jul" => "7",
        "aug" => "8",
        "sep" => "9",
        "oct" or "okt" => "10",
        "nov" => "11",
        _ => "12",
    };

    [GeneratedRegex(@"(?<![0-9])([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?![0-9])")]
    private static partial Regex YearFirst();

    [GeneratedRegex(@"(?<![0-9])([0-9]{1,2})[-/.] ?([0-9]{1,2})[-/.] ?([0-9]{4}|[0-9]{2})(?![0-9])")]
    private static partial Regex YearLast();

    [GeneratedRegex(@"(?<![0-9])([0-9]{1,2})(?:st|nd|rd|th|\.)?[ \u00A0-](?:of )?(" + Months + @")[.,]?[ \u00A0-]([0-9]{4})(?![0-9])", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex DayMonth();

    [GeneratedRegex(@"(?<!\p{L})(" + Months + @")\.?[ \u00A0-]([0-9]{1,2})(?:st|nd|rd|th)?,?[ \u00A0-]([0-9]{4})(?![0-9])", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex MonthDay();

    [GeneratedRegex(@"^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]([0-9]{2}:[0-9]{2})(?::[0-9]{2}.*)?)?$")]
    private static partial Regex IsoDay();
}
