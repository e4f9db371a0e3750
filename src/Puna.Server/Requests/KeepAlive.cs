using System.Globalization;
using System.Text.Json;

namespace Puna.Server.Requests;

/// <summary>How long a model is to stay loaded, as Ollama's API writes it: seconds, or a duration such as <c>1h30m</c>; less than 0 for as long as the server runs.</summary>
internal static class KeepAlive
{
    private const string Wanted = "seconds or a duration such as 5m or 1h30m is needed, 0 to unload, less than 0 to stay loaded";

    private const double Longest = 1e9; // seconds: longer than any server runs

    private static readonly (string Unit, double Seconds)[] Units = [("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600)];

    /// <summary>The time, <see cref="Timeout.InfiniteTimeSpan"/> for no end, or null where nothing is said.</summary>
    /// <exception cref="ApiException">It is neither.</exception>
    internal static TimeSpan? Read(JsonElement? value)
    {
        if (value is not { } given || given.ValueKind == JsonValueKind.Null) return null;

        double seconds = given.ValueKind switch
        {
            JsonValueKind.Number => given.GetDouble(),
            JsonValueKind.String => Duration(given.GetString()!),
            _ => throw ApiException.Invalid("keep_alive", $"keep_alive is {JsonBody.Kind(given)}; {Wanted}.", "invalid_type"),
        };
        return seconds < 0 || seconds > Longest ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(seconds);
    }

    private static double Duration(string text)
    {
        ReadOnlySpan<char> rest = text;
        bool isNegative = rest.StartsWith("-");
        if (isNegative) rest = rest[1..];
        if (rest.Length > 0 && rest.IndexOfAnyExceptInRange('0', '9') < 0) return (isNegative ? -1 : 1) * double.Parse(rest, CultureInfo.InvariantCulture);

        double seconds = 0;
        do
        {
            int digits = rest.IndexOfAnyExceptInRange('.', '9');
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)) throw Malformed(text);
            rest = rest[digits..];
            int letters = rest.IndexOfAnyInRange('.', '9');
            ReadOnlySpan<char> unit = letters < 0 ? rest : rest[..letters];
            double each = 0;
            foreach ((string name, double length) in Units) each = unit.SequenceEqual(name) ? length : each;
            if (each == 0) throw Malformed(text);
            seconds += number * each;
            rest = rest[unit.Length..];
        }
        while (rest.Length > 0);
        return isNegative ? -seconds : seconds;
    }

    private static ApiException Malformed(string text) => ApiException.Invalid("keep_alive", $"keep_alive is '{(text.Length <= 40 ? text : text[..40] + "…")}'; {Wanted}.");
}
