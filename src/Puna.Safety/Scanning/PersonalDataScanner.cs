namespace Puna.Safety.Scanning;

/// <summary>
/// Finds what names, reaches or pays for a person: e-mail addresses, telephone numbers, payment cards, bank accounts and
/// national numbers. Where a number has check digits they are computed, so that few other numbers are taken for one. Names
/// and postal addresses are not found. One pass, linear in the text.
/// </summary>
public sealed class PersonalDataScanner : IScanner
{
    private const string Email = "email", Phone = "phone", Card = "payment-card", Iban = "iban", Ssn = "us-ssn", Cpf = "br-cpf", Nhs = "uk-nhs", Tax = "de-tax-id", Nir = "fr-nir", Dni = "es-dni",
        Aadhaar = "in-aadhaar", Address = "ip-address";

    private const int MaxDigits = 24;

    public IReadOnlyList<string> Categories { get; } = [Email, Phone, Card, Iban, Ssn, Cpf, Nhs, Tax, Nir, Dni, Aadhaar, Address];

    public string? Model => null;

    /// <inheritdoc/>
    public IReadOnlyList<Finding> Scan(ScanInput input, CancellationToken cancellationToken)
    {
        string text = input.Text;
        List<Finding> findings = [];
        for (int at = 0, steps = 0; at < text.Length; at++)
        {
            int next = text.AsSpan(at).IndexOfAny(Starts);
            if (next < 0) break;
            if ((++steps & 1023) == 0) cancellationToken.ThrowIfCancellationRequested();

            at += next;
            Finding? found = text[at] == '@' ? EmailAt(text, at) : char.IsAsciiDigit(text[at]) || text[at] is '+' or '(' ? NumberAt(text, ref at) : LetteredAt(text, at);
            if (found is not { } finding) continue;

            if (findings.Count > 0 && findings[^1].End > finding.Start) continue;
            findings.Add(finding);
            at = Math.Max(at, finding.End - 1);
        }

        return findings;
    }

    private static readonly System.Buffers.SearchValues<char> Starts = System.Buffers.SearchValues.Create("@+(0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZxyz");

    private static Finding? EmailAt(string text, int at)
    {
        int start = at;
        while (start > 0 && at - start < 64 && (char.IsLetterOrDigit(text[start - 1]) || text[start - 1] is '.' or '_' or '%' or '+' or '-')) start--;
        while (start < at && text[start] is '.' or '-' or '+' or '%') start++;
        int end = TextParts.Run(text, at + 1, 255, static c => char.IsLetterOrDigit(c) || c is '.' or '-');
        while (end > at + 1 && text[end - 1] is '.' or '-') end--;
        int dot = text.LastIndexOf('.', end - 1, end - at - 1);
        return start < at && dot > at + 1 && end - dot > 2 && !char.IsAsciiDigit(text[end - 1]) ? new Finding(Email, 1, start, end) : null;
    }

    /// <summary>A number that begins at <paramref name="at"/>, which moves behind its digits where it is nothing.</summary>
    private static Finding? NumberAt(string text, ref int at)
    {
        int start = at;
        if (!TextParts.BeginsWord(text, at) || (at > 0 && text[at - 1] is '.' or '-' or '+' && at > 1 && char.IsAsciiDigit(text[at - 2])))
        {
            at = TextParts.Run(text, at, int.MaxValue, char.IsAsciiDigit) is var behind && behind > at ? behind - 1 : at;
            return null;
        }

        Span<char> digits = stackalloc char[MaxDigits], shape = stackalloc char[2 * MaxDigits];
        int count = 0, length = 0, group = 0, end = at, i = at;
        for (; i < text.Length && length < shape.Length - 2; i++)
        {
            char c = text[i];
            if (char.IsAsciiDigit(c))
            {
                if (count == MaxDigits) break;
                digits[count++] = c;
                group++;
                end = i + 1;
            }
            else if (c is '+' or '(' && i == start)
            {
                shape[length++] = c;
            }
            else if (c is ' ' or '-' or '.' or '/' or '(' or ')' && i + 1 < text.Length && (char.IsAsciiDigit(text[i + 1]) || (c is ')' or ' ' && text[i + 1] is ' ' or '(' or '-')))
            {
                if (group > 0) shape[length++] = (char)('0' + Math.Min(group, 9));
                shape[length++] = c;
                group = 0;
            }
            else
            {
                break;
            }
        }

        if (group > 0) shape[length++] = (char)('0' + Math.Min(group, 9));
        bool whole = TextParts.EndsWord(text, end) && count is >= 4 and < MaxDigits;
        string? category = whole ? Kind(digits[..count], shape[..length]) : null;
        if (category is null)
        {
            if (count == 8 && IsDni(text, start, end)) return new Finding(Dni, 0.9f, start, end + 1);
            at = Math.Max(at, TextParts.Run(text, at, int.MaxValue, char.IsAsciiDigit) - 1);
            return null;
        }

        return new Finding(category, category is Phone or Ssn ? 0.8f : category == Address ? 0.6f : 1f, start, end);
    }

    /// <summary>What a number is by its digits and by the lengths of its groups with what stands between them.</summary>
    private static string? Kind(ReadOnlySpan<char> digits, ReadOnlySpan<char> shape)
    {
        if (shape[0] == '+') return digits.Length is >= 8 and <= 15 ? Phone : null;
        if (Checksums.Nir(digits)) return Nir;
        if (digits.Length is >= 13 and <= 19 && digits[0] is >= '2' and <= '6' && Checksums.Luhn(digits) && digits.IndexOfAnyExcept(digits[0]) >= 0 && IsGrouped(shape)) return Card;
        switch (digits.Length)
        {
            case 9 when shape is "3-2-4" && digits[..3] is not "000" and not "666" && digits[0] != '9' && digits[3..5] is not "00" && digits[5..] is not "0000":
                return Ssn;
            case 10 when shape is "3 3 4" && Checksums.Nhs(digits):
                return Nhs;
            case 10 when shape is "3-3-4" or "3.3.4" or "3 3 4" or "(3)3-4" or "(3) 3-4" or "(3) 3 4" && digits[0] >= '2' && digits[3] >= '2':
                return Phone;
            case 11 when shape is "3.3.3-2" && Checksums.Cpf(digits):
                return Cpf;
            case 11 when shape is "9" or "2 3 3 3" && Checksums.SteuerId(digits):
                return Tax;
            case 12 when shape is "4 4 4" or "4-4-4" && digits[0] >= '2' && Checksums.Verhoeff(digits):
                return Aadhaar;
        }

        return IsAddress(digits, shape) ? Address : null;
    }

    /// <summary>One group, or groups of one separator.</summary>
    private static bool IsGrouped(ReadOnlySpan<char> shape)
    {
        for (int i = 1; i < shape.Length; i += 2)
        {
            if (shape[i] is not (' ' or '-') || shape[i] != shape[1]) return false;
        }

        return true;
    }

    private static bool IsAddress(ReadOnlySpan<char> digits, ReadOnlySpan<char> shape)
    {
        if (shape.Length != 7 || shape[1] != '.' || shape[3] != '.' || shape[5] != '.') return false;

        int at = 0;
        for (int part = 0; part < 7; part += 2)
        {
            int length = shape[part] - '0';
            if (length > 3 || int.Parse(digits.Slice(at, length), System.Globalization.CultureInfo.InvariantCulture) > 255) return false;
            at += length;
        }

        return true;
    }

    private static bool IsDni(string text, int start, int end) =>
        end - start == 8 && end < text.Length && char.IsAsciiLetter(text[end]) && TextParts.EndsWord(text, end + 1) && Checksums.Dni(text.AsSpan(start, 9));

    /// <summary>An IBAN or a Spanish NIE: letters first.</summary>
    private static Finding? LetteredAt(string text, int at)
    {
        if (!TextParts.BeginsWord(text, at)) return null;
        if (char.ToUpperInvariant(text[at]) is 'X' or 'Y' or 'Z' && at + 9 <= text.Length && TextParts.EndsWord(text, at + 9) && char.IsAsciiLetter(text[at + 8])
            && TextParts.Run(text, at + 1, 7, char.IsAsciiDigit) == at + 8 && Checksums.Dni(text.AsSpan(at, 9)))
            return new Finding(Dni, 0.9f, at, at + 9);

        if (at + 15 > text.Length || !char.IsAsciiLetterUpper(text[at]) || !char.IsAsciiLetterUpper(text[at + 1]) || !char.IsAsciiDigit(text[at + 2]) || !char.IsAsciiDigit(text[at + 3])) return null;

        Span<char> bare = stackalloc char[34];
        int length = 0, wanted = IbanLengths.Of(text.AsSpan(at, 2)), end = at;
        for (; end < text.Length && length < wanted; end++)
        {
            if (char.IsAsciiLetterOrDigit(text[end])) bare[length++] = text[end];
            else if (text[end] != ' ' || text[end - 1] == ' ') break;
        }

        return length == wanted && length > 0 && TextParts.EndsWord(text, end) && Checksums.Iban(bare[..length]) ? new Finding(Iban, 1, at, end) : null;
    }
}
