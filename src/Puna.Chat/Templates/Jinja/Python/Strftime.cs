using System.Globalization;
using System.Text;

namespace Puna.Chat.Templates.Jinja.Python;

/// <summary>Python's <c>strftime</c> with English names.</summary>
internal static class Strftime
{
    public static string Format(string format, DateTimeOffset time)
    {
        StringBuilder output = new();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                output.Append(format[i]);
                continue;
            }

            i++;
            bool unpadded = format[i] == '-' && i + 1 < format.Length;
            if (unpadded) i++;
            string field = Field(format[i], time);
            output.Append(unpadded && field.Length > 1 ? TrimPadding(field) : field);
        }

        return output.ToString();
    }

    private static string TrimPadding(string field)
    {
        string trimmed = field.TrimStart('0', ' ');
        return trimmed.Length == 0 ? "0" : trimmed;
    }

    private static string Field(char directive, DateTimeOffset t) => directive switch
    {
        'Y' => Net(t, "yyyy"),
        'y' => Net(t, "yy"),
        'm' => Net(t, "MM"),
        'd' => Net(t, "dd"),
        'e' => t.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
        'B' => Net(t, "MMMM"),
        'b' or 'h' => Net(t, "MMM"),
        'A' => Net(t, "dddd"),
        'a' => Net(t, "ddd"),
        'H' => Net(t, "HH"),
        'I' => Net(t, "hh"),
        'M' => Net(t, "mm"),
        'S' => Net(t, "ss"),
        'f' => Net(t, "ffffff"),
        'p' => t.Hour < 12 ? "AM" : "PM",
        'j' => t.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
        'u' => (t.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)t.DayOfWeek).ToString(CultureInfo.InvariantCulture),
        'w' => ((int)t.DayOfWeek).ToString(CultureInfo.InvariantCulture),
        'F' => Net(t, "yyyy-MM-dd"),
        'T' or 'X' => Net(t, "HH:mm:ss"),
        'R' => Net(t, "HH:mm"),
        'D' or 'x' => Net(t, "MM/dd/yy"),
        'c' => $"{Net(t, "ddd MMM")} {t.Day,2} {Net(t, "HH:mm:ss yyyy")}",
        's' => t.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        'n' => "\n",
        't' => "\t",
        '%' => "%",
        'z' or 'Z' => "", // the clock Python templates see has no zone
        _ => throw TemplateFault.Runtime($"strftime_now does not know the directive '%{directive}'."),
    };

    private static string Net(DateTimeOffset time, string format) => time.ToString(format, CultureInfo.InvariantCulture);
}
