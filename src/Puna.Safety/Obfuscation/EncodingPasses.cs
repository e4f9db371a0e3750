using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Puna.Tokenizers.Unicode;

namespace Puna.Safety.Obfuscation;

/// <summary>Passes that decode: base64, hexadecimal, percent-encoding, entities and escapes. What does not decode to readable text stays.</summary>
internal static class EncodingPasses
{
    private const int MaxEncoded = 1 << 20; // characters of one encoded run

    private static readonly Regex Base64Run = new(@"[A-Za-z0-9+/_-]{12,}={0,2}", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
    private static readonly Regex HexRun = new(@"(?:(?:0x|\\x)?[0-9A-Fa-f]{2}[ ,:]?){7,}(?:0x|\\x)?[0-9A-Fa-f]{2}", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
    private static readonly Regex PercentRun = new(@"(?:%[0-9A-Fa-f]{2})+", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
    private static readonly Regex Escape = new(@"\\u\{[0-9A-Fa-f]{1,6}\}|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
    private static readonly Regex Entity = new(@"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    internal static MappedText Base64(MappedText text) => Replace(text, Base64Run, static run =>
    {
        string bare = string.Concat(run.Where(c => !char.IsWhiteSpace(c))).Replace('-', '+').Replace('_', '/').TrimEnd('=');
        if (bare.Length % 4 == 1) bare = bare[..^1];
        byte[] bytes = new byte[(bare.Length * 3 / 4) + 3];
        return Convert.TryFromBase64String(bare.PadRight((bare.Length + 3) / 4 * 4, '='), bytes, out int count) ? Readable(bytes.AsSpan(0, count)) : null;
    });

    internal static MappedText Hex(MappedText text) => Replace(text, HexRun, static run =>
    {
        string digits = string.Concat(run.Replace("0x", "", StringComparison.OrdinalIgnoreCase).Replace("\\x", "", StringComparison.OrdinalIgnoreCase).Where(char.IsAsciiHexDigit));
        return digits.Length % 2 == 0 ? Readable(Convert.FromHexString(digits)) : null;
    });

    internal static MappedText Percent(MappedText text) => Replace(text, PercentRun, static run =>
    {
        byte[] bytes = new byte[run.Length / 3];
        for (int i = 0; i < bytes.Length; i++) bytes[i] = byte.Parse(run.AsSpan((i * 3) + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        string decoded = Encoding.UTF8.GetString(bytes);
        return decoded.Any(c => c == '\uFFFD' || (char.IsControl(c) && c is not ('\n' or '\r' or '\t'))) ? null : decoded;
    });

    internal static MappedText Escapes(MappedText text)
    {
        MappedText unescaped = Replace(text, Escape, static run =>
        {
            string digits = run.TrimStart('\\').TrimStart('u', 'U', 'x', 'X').Trim('{', '}');
            return int.TryParse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out int value) && Rune.IsValid(value) && value != 0 ? new Rune(value).ToString() : null;
        });
        return Replace(unescaped, Entity, static run => WebUtility.HtmlDecode(run) is var decoded && decoded != run ? decoded : null);
    }

    private static MappedText Replace(MappedText text, Regex pattern, Func<string, string?> decode) =>
        text.Replace(pattern, match => match.Length > MaxEncoded ? null : decode(match.Value));

    /// <summary>The bytes as text when nearly all of it is printable, else null.</summary>
    private static string? Readable(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length < 4) return null;
        string text = Encoding.UTF8.GetString(utf8);
        int printable = text.Count(c => c != '\uFFFD' && (!char.IsControl(c) || c is '\n' or '\r' or '\t'));
        int letters = text.Count(c => char.IsLetter(c) || c == ' ');
        return printable >= text.Length * 0.95 && letters >= text.Length * 0.6 ? text : null;
    }
}
