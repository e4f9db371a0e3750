using System.Buffers;

namespace Puna.Safety.Scanning;

/// <summary>
/// Finds keys and passwords: tokens of well-known shape, private keys, JSON web tokens, passwords in addresses, values that
/// are assigned to names such as <c>api_key</c>, and words of high entropy. One pass, linear in the text.
/// </summary>
public sealed class SecretScanner : IScanner
{
    private const string PrivateKey = "private-key", WebToken = "web-token", UrlPassword = "url-password", Assigned = "assigned-secret", HighEntropy = "high-entropy";
    private const int MinSecret = 8, MaxSecret = 512, MinEntropyWord = 20, MaxKeyBlock = 1 << 16;

    private static readonly SearchValues<string> Places = SearchValues.Create(
        [.. SecretShapes.All.Select(s => s.Prefix), .. SecretShapes.Names, "-----BEGIN ", "eyJ", "://"], StringComparison.OrdinalIgnoreCase);

    /// <summary>Values that examples use and nobody keeps secret.</summary>
    private static readonly SearchValues<string> Placeholders = SearchValues.Create(["example", "placeholder", "your", "changeme", "change_me", "xxxx", "redacted", "dummy", "<", "${", "{{", "$(", "...", "****", "process.env", "os.environ", "getenv"], StringComparison.OrdinalIgnoreCase);

    private static readonly string[] Words = ["undefined", "required", "optional", "string"];

    public IReadOnlyList<string> Categories { get; } = [.. SecretShapes.All.Select(s => s.Category).Append(PrivateKey).Append(WebToken).Append(UrlPassword).Append(Assigned).Append(HighEntropy).Distinct()];

    public string? Model => null;

    /// <inheritdoc/>
    public IReadOnlyList<Finding> Scan(ScanInput input, CancellationToken cancellationToken)
    {
        string text = input.Text;
        List<Finding> findings = [];
        int at = 0, noToken = 0;
        while (at < text.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int next = text.AsSpan(at).IndexOfAny(Places);
            if (next < 0) break;

            at += next;
            Finding? found = At(text, at, ref noToken);
            if (found is { } finding)
            {
                findings.Add(finding);
                at = Math.Max(at + 1, finding.End);
            }
            else
            {
                at++;
            }
        }

        AddWords(text, findings, cancellationToken);
        return findings;
    }

    /// <summary>What begins at a place. Before <paramref name="noToken"/> no web token does: the run of its characters was looked at from an earlier place.</summary>
    private static Finding? At(string text, int at, ref int noToken)
    {
        ReadOnlySpan<char> rest = text.AsSpan(at);
        if (rest.StartsWith("-----BEGIN ", StringComparison.Ordinal)) return KeyBlock(text, at);
        if (rest.StartsWith("://", StringComparison.Ordinal)) return UrlWithPassword(text, at);
        if (TextParts.BeginsWord(text, at))
        {
            if (at >= noToken && rest.StartsWith("eyJ", StringComparison.Ordinal) && JsonWebToken(text, at, out noToken) is { } token) return token;
            foreach (SecretShape shape in SecretShapes.All)
            {
                if (!rest.StartsWith(shape.Prefix, StringComparison.Ordinal)) continue;
                int body = at + shape.Prefix.Length, end = TextParts.Run(text, body, shape.Most + 1, shape.Fits);
                if (end - body >= shape.Least && end - body <= shape.Most && Varied(text.AsSpan(body, end - body))) return new Finding(shape.Category, 1, at, end);
            }
        }

        foreach (string name in SecretShapes.Names)
        {
            if (rest.StartsWith(name, StringComparison.OrdinalIgnoreCase)) return Assignment(text, at + name.Length);
        }

        return null;
    }

    private static Finding? KeyBlock(string text, int at)
    {
        int lineEnd = text.IndexOf("-----", at + 11, Math.Min(64, text.Length - at - 11), StringComparison.Ordinal);
        if (lineEnd < 0 || !text.AsSpan(at, lineEnd - at).EndsWith("PRIVATE KEY", StringComparison.Ordinal)) return null;

        int length = Math.Min(MaxKeyBlock, text.Length - lineEnd), end = text.IndexOf("-----END ", lineEnd, length, StringComparison.Ordinal);
        int close = end < 0 ? -1 : text.IndexOf("-----", end + 9, Math.Min(64, text.Length - end - 9), StringComparison.Ordinal);
        return new Finding(PrivateKey, 1, at, close < 0 ? lineEnd + length : close + 5); // one without its end hides as much as there is
    }

    private static Finding? UrlWithPassword(string text, int at)
    {
        int user = at + 3, colon = TextParts.Run(text, user, 128, static c => TextParts.IsWord(c) || c is '.' or '-' or '%' or '+');
        if (colon == user || colon >= text.Length || text[colon] != ':') return null;

        int end = TextParts.Run(text, colon + 1, 256, static c => !char.IsWhiteSpace(c) && c is not ('@' or '/' or '"' or '\''));
        return end > colon + 1 && end < text.Length && text[end] == '@' && !IsPlaceholder(text.AsSpan(colon + 1, end - colon - 1)) ? new Finding(UrlPassword, 0.9f, colon + 1, end) : null;
    }

    /// <summary>Three parts between dots; and where the first of them ends.</summary>
    private static Finding? JsonWebToken(string text, int at, out int firstEnd)
    {
        int end = at;
        firstEnd = at;
        for (int part = 0; part < 3; part++)
        {
            int stop = TextParts.Run(text, end, int.MaxValue, static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
            if (part == 0) firstEnd = stop;
            if (stop - end < 4 || (part < 2 && (stop >= text.Length || text[stop] != '.'))) return null;
            end = part < 2 ? stop + 1 : stop;
        }

        return new Finding(WebToken, 1, at, end);
    }

    /// <summary>A value behind a name: <c>name = "value"</c>, <c>"name": "value"</c>, <c>name=value</c>.</summary>
    private static Finding? Assignment(string text, int nameEnd)
    {
        int at = TextParts.Run(text, nameEnd, 16, static c => TextParts.IsWord(c) || c == '-'); // db_password_prod
        at = TextParts.Run(text, at, 8, static c => c is '"' or '\'' or ' ' or '\t' or ']');
        if (at >= text.Length || text[at] is not ('=' or ':')) return null;

        at = TextParts.Run(text, at, 3, static c => c is '=' or ':' or '>');
        at = TextParts.Run(text, at, 8, static c => c is ' ' or '\t');
        char quote = at < text.Length && text[at] is '"' or '\'' or '`' ? text[at] : '\0';
        int start = quote == '\0' ? at : at + 1;
        int end = TextParts.Run(text, start, MaxSecret, c => quote != '\0' ? c != quote && c is not ('\r' or '\n') : !char.IsWhiteSpace(c) && c is not ('"' or '\'' or ',' or ';' or ')' or '}' or '(' or '<' or '`'));
        ReadOnlySpan<char> value = text.AsSpan(start, end - start);
        if (value.Length < MinSecret || IsPlaceholder(value) || value.Contains(' ')) return null;

        // A quoted value, or one with digits and letters, is a value; a word alone may be the sentence going on.
        bool mixed = value.ContainsAnyInRange('0', '9') && value.IndexOfAnyExceptInRange('0', '9') >= 0;
        return quote == '\0' && !mixed ? null : new Finding(Assigned, TextParts.Entropy(value) >= 3 ? 0.9f : 0.6f, start, end);
    }

    /// <summary>Long words that mix cases and digits as randomly as keys do. Hashes and identifiers look the same, so the score is low.</summary>
    private static void AddWords(string text, List<Finding> findings, CancellationToken cancellationToken)
    {
        int known = findings.Count;
        for (int at = 0, looked = 0, next = 0; at < text.Length; at++)
        {
            int end = TextParts.Run(text, at, MaxSecret, static c => char.IsAsciiLetterOrDigit(c) || c is '+' or '/' or '_' or '-' or '=');
            if (end == at) continue;
            if ((++looked & 1023) == 0) cancellationToken.ThrowIfCancellationRequested();

            while (next < known && findings[next].End <= at) next++; // they are in order
            bool overlaps = next < known && findings[next].Start < end;
            ReadOnlySpan<char> word = text.AsSpan(at, end - at);
            if (!overlaps && word.Length >= MinEntropyWord && word.ContainsAnyInRange('0', '9') && word.ContainsAnyInRange('A', 'Z') && word.ContainsAnyInRange('a', 'z') && word.Count('/') <= word.Length / 8
                && TextParts.Entropy(word) >= 4)
                findings.Add(new Finding(HighEntropy, 0.4f, at, end));
            at = end;
        }
    }

    private static bool Varied(ReadOnlySpan<char> body) => TextParts.Entropy(body) >= 2 && !IsPlaceholder(body);

    private static bool IsPlaceholder(ReadOnlySpan<char> value)
    {
        if (value.ContainsAny(Placeholders)) return true;
        foreach (string word in Words)
        {
            if (value.Equals(word, StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }
}
