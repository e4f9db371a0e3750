using System.Collections.Concurrent;
using Puna.Engine.Constraints.Automata;
using Puna.Engine.Constraints.Regex;

namespace Puna.Engine.Constraints.Json;

/// <summary>
/// Automata of the formats of strings. Each allows only what is valid; where parsers in use take less than the standard, the plain
/// form allows what both do (offsets up to 14 hours, no leap seconds, capital T and Z), and the other what the standard does, but for leap
/// seconds at odd offsets.
/// </summary>
internal static class StringFormats
{
    private const string Month31 = "(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])";
    private const string Month30 = "(0[469]|11)-(0[1-9]|[12][0-9]|30)";
    private const string February = "02-(0[1-9]|1[0-9]|2[0-8])";
    private const string LeapYear = "([0-9]{2}(0[48]|[2468][048]|[13579][26])|([2468][048]|[13579][26]|0[48])00)";
    private const string DayOfYear = $"({Month31}|{Month30}|{February})";
    private const string Date = $"(?!0000)([0-9]{{4}}-{DayOfYear}|{LeapYear}-02-29)";
    private const string Clock = @"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?";
    private const string Offset = "(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)";
    private const string AnyClock = @"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?";
    private const string AnyOffset = "([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])";
    private const string Label = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
    private const string Atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
    private const string Octet = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    private const string IPv4 = $@"({Octet}\.){{3}}{Octet}";
    private const string Hex4 = "[0-9a-fA-F]{1,4}";
    private const string Last32 = $"({Hex4}:{Hex4}|{IPv4})";

    private const string IPv6 =
        $"(({Hex4}:){{6}}{Last32}|::({Hex4}:){{5}}{Last32}|({Hex4})?::({Hex4}:){{4}}{Last32}|(({Hex4}:){{0,1}}{Hex4})?::({Hex4}:){{3}}{Last32}"
        + $"|(({Hex4}:){{0,2}}{Hex4})?::({Hex4}:){{2}}{Last32}|(({Hex4}:){{0,3}}{Hex4})?::{Hex4}:{Last32}|(({Hex4}:){{0,4}}{Hex4})?::{Last32}"
        + $"|(({Hex4}:){{0,5}}{Hex4})?::{Hex4}|(({Hex4}:){{0,6}}{Hex4})?::)";

    private const string Escaped = "%[0-9A-Fa-f]{2}";
    private const string PathCharacter = $"([A-Za-z0-9._~!$&'()*+,;=:@-]|{Escaped})";
    private const string PathCharacterNoColon = $"([A-Za-z0-9._~!$&'()*+,;=@-]|{Escaped})";
    private const string Authority = $@"(([A-Za-z0-9._~!$&'()*+,;=:-]|{Escaped})*@)?(\[({IPv6}|v[0-9a-fA-F]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+)\]|([A-Za-z0-9._~!$&'()*+,;=-]|{Escaped})*)(:[0-9]*)?";
    private const string Segments = $"(/{PathCharacter}*)*";
    private const string Tail = $@"(\?({PathCharacter}|[/?])*)?(#({PathCharacter}|[/?])*)?";
    private const string Uri = $"[A-Za-z][A-Za-z0-9+.-]*:(//{Authority}{Segments}|/({PathCharacter}+{Segments})?|{PathCharacter}+{Segments}|){Tail}";
    private const string RelativeReference = $"(//{Authority}{Segments}|/({PathCharacter}+{Segments})?|{PathCharacterNoColon}+{Segments}|){Tail}";
    private const string Beyond = @"\u00A0-\uD7FF\uF900-\uFDCF\uFDF0-\uFFEF\u{10000}-\u{EFFFD}";
    private const string Variable = $@"(([A-Za-z0-9_]|{Escaped})\.?)*([A-Za-z0-9_]|{Escaped})(:[1-9][0-9]{{0,3}}|\*)?";
    private const string PointerToken = "/([^/~]|~[01])*";
    private const string DurationTime = "T([0-9]+H([0-9]+M([0-9]+S)?)?|[0-9]+M([0-9]+S)?|[0-9]+S)";

    // Line ends are characters of a JSON pointer like any other; [^…] takes them in.
    private static readonly Dictionary<string, string> Patterns = new()
    {
        ["date"] = Date,
        ["time"] = Clock + Offset,
        ["date-time"] = $"(?!0001|9999){Date}T{Clock}{Offset}|(?=0001|9999){Date}T{Clock}Z",
        ["duration"] = $"P([0-9]+Y([0-9]+M([0-9]+D)?)?({DurationTime})?|[0-9]+M([0-9]+D)?({DurationTime})?|[0-9]+D({DurationTime})?|{DurationTime}|[0-9]+W)",
        ["email"] = $@"{Atom}(\.{Atom})*@{Label}(\.{Label})*",
        ["hostname"] = $@"{Label}(\.{Label})*",
        ["ipv4"] = IPv4,
        ["ipv6"] = IPv6,
        ["uuid"] = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
        ["uri"] = Uri,
        ["uri-reference"] = $"{Uri}|{RelativeReference}",
        ["iri"] = Uri.Replace("[A-Za-z0-9._~", "[A-Za-z0-9" + Beyond + "._~", StringComparison.Ordinal),
        ["iri-reference"] = $"{Uri}|{RelativeReference}".Replace("[A-Za-z0-9._~", "[A-Za-z0-9" + Beyond + "._~", StringComparison.Ordinal),
        ["idn-email"] = $@"{Atom}(\.{Atom})*@{Label}(\.{Label})*".Replace("[A-Za-z0-9", "[A-Za-z0-9" + Beyond, StringComparison.Ordinal),
        ["uri-template"] = $@"([^\u0000-\u0020""'<>\\^`{{|}}%]|{Escaped}|\{{[+#./;?&=,!@|]?{Variable}(,{Variable})*\}})*",
        ["json-pointer"] = $"({PointerToken})*",
        ["relative-json-pointer"] = $"(0|[1-9][0-9]*)(#|({PointerToken})*)",
        ["byte"] = "([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
    };

    // Leap seconds are at 23:59:60 in UTC.
    private static readonly string AnyTime = $"({AnyClock}{AnyOffset}|{string.Join('|', Enumerable.Range(-47, 95).Select(LeapSecond))}|23:59:60(\\.[0-9]+)?[Zz])";

    private static readonly Dictionary<string, string> AnyPatterns = new()
    {
        ["time"] = AnyTime,
        ["date-time"] = $"{Date}[Tt]{AnyTime}",
    };

    private static readonly Dictionary<string, int> Longest = new() { ["email"] = 254, ["hostname"] = 253 };

    private static readonly ConcurrentDictionary<string, StringRange> Known = new();

    /// <summary>Formats that can be enforced on strings.</summary>
    internal static IEnumerable<string> Names => Patterns.Keys;

    /// <summary>Formats that say nothing about which strings are valid.</summary>
    internal static IReadOnlySet<string> WithoutMeaning { get; } = new HashSet<string> { "password", "binary", "float", "double", "decimal", "number", "string", "text", "textarea", "multiline", "color", "colour", "markdown", "html", "phone", "tel", "int", "integer", "long", "unix-time" };

    /// <summary>Strings of a format, or null for one that cannot be enforced.</summary>
    internal static StringRange? Find(string format, bool plain)
    {
        string? pattern = plain ? null : AnyPatterns.GetValueOrDefault(format);
        string key = pattern is null ? format : "any " + format;
        pattern ??= Patterns.GetValueOrDefault(format);
        return pattern is null ? null : Known.GetOrAdd(key, _ => new StringRange(RegexCompiler.Whole(pattern), 0, Longest.GetValueOrDefault(format, Dfa.Unbounded)));
    }

    /// <summary>The leap second at an offset of so many half hours.</summary>
    private static string LeapSecond(int halfHours)
    {
        int minute = (((23 * 60) + 59 + (halfHours * 30)) % 1440 + 1440) % 1440, offset = Math.Abs(halfHours) * 30;
        string sign = halfHours == 0 ? "[+-]" : halfHours < 0 ? "-" : @"\+";
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $@"{minute / 60:00}:{minute % 60:00}:60(\.[0-9]+)?{sign}{offset / 60:00}:{offset % 60:00}");
    }
}
