using System.Globalization;
using System.Text;
using System.Text.Json;
using Puna.Tokenizers.Unicode;

namespace Puna.Evaluation.Grading.Fields;

/// <summary>Compares values that were read from a document with their references.</summary>
internal static class FieldValue
{
    private static readonly string[] DateForms =
    [
        "yyyy-MM-dd", "yyyy/MM/dd", "yyyy.MM.dd", "d.M.yyyy", "d MMMM yyyy", "MMMM d, yyyy", "MMMM d yyyy", "d MMM yyyy", "MMM d, yyyy", "MMM d yyyy",
        "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
    ];

    /// <summary>Whether two leaves are the same JSON value.</summary>
    public static bool IsExact(JsonElement a, JsonElement b) => JsonElement.DeepEquals(a, b);

    /// <summary>Whether two leaves are equal by the rule of a kind.</summary>
    public static bool IsEqual(JsonElement predicted, JsonElement gold, FieldKind kind) => kind switch
    {
        FieldKind.Exact => IsExact(predicted, gold),
        FieldKind.Number => Number(Text(gold)) is { } number ? Number(Text(predicted)) == number : Normalize(Text(predicted)) == Normalize(Text(gold)),
        FieldKind.Date => Date(Text(gold)) is { } date ? Date(Text(predicted)) == date : Normalize(Text(predicted)) == Normalize(Text(gold)),
        FieldKind.Text => TokenF1(Text(predicted), Text(gold)) >= 0.8,
        _ => Normalize(Text(predicted)) == Normalize(Text(gold)),
    };

    public static string Text(JsonElement leaf) => leaf.ValueKind == JsonValueKind.String ? leaf.GetString()! : leaf.GetRawText();

    /// <summary>Compatibility forms resolved (NFKC), white space collapsed and trimmed, lower case.</summary>
    public static string Normalize(string text)
    {
        StringBuilder result = new(text.Length);
        foreach (char c in UnicodeNormalization.Normalize(text, NormalizationForm.FormKC))
        {
            if (!char.IsWhiteSpace(c)) result.Append(char.ToLowerInvariant(c));
            else if (result.Length > 0 && result[^1] != ' ') result.Append(' ');
        }

        return result.ToString().TrimEnd();
    }

    /// <summary>Harmonic mean of the shares of common words, each word counted as often as it occurs in both.</summary>
    public static double TokenF1(string predicted, string gold)
    {
        List<string> a = Words(predicted), b = Words(gold);
        if (a.Count == 0 || b.Count == 0) return a.Count == b.Count ? 1 : 0;

        Dictionary<string, int> left = b.CountBy(word => word, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        int common = 0;
        foreach (string word in a)
        {
            if (!left.TryGetValue(word, out int count) || count == 0) continue;
            left[word] = count - 1;
            common++;
        }

        return 2.0 * common / (a.Count + b.Count);
    }

    /// <summary>
    /// A number as people write it: 1,234.50, 1.234,50, 1 234,50 €, (12), 5 %. Of a single separator with three digits behind
    /// it, a comma separates thousands and a point decimals.
    /// </summary>
    public static decimal? Number(string text)
    {
        text = UnicodeNormalization.Normalize(text, NormalizationForm.FormKC).Trim().Replace('−', '-');
        bool negative = text.StartsWith('(') && text.EndsWith(')');
        StringBuilder kept = new();
        foreach (char c in text)
        {
            if (char.IsAsciiDigit(c) || c is '.' or ',' || (c is '-' or '+' && kept.Length == 0) || ((c is 'e' or 'E' or '-' or '+') && kept.Length > 0 && IsExponent(kept, c))) kept.Append(c);
            else if (!char.IsWhiteSpace(c) && c is not ('(' or ')' or '%' or '\'') && char.GetUnicodeCategory(c) != UnicodeCategory.CurrencySymbol) return null;
        }

        string digits = kept.ToString();
        int point = digits.LastIndexOf('.'), comma = digits.LastIndexOf(',');
        char decimals = point >= 0 && comma >= 0 ? (point > comma ? '.' : ',')
            : comma >= 0 ? (digits.IndexOf(',', StringComparison.Ordinal) == comma && digits.Length - comma - 1 != 3 ? ',' : '\0')
            : digits.IndexOf('.', StringComparison.Ordinal) == point ? '.' : '\0';

        string plain = string.Concat(digits.Where(c => c is not ('.' or ',') || c == decimals)).Replace(',', '.');
        if (!decimal.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal value)) return null;
        return negative ? -value : value;
    }

    /// <summary>A day, from ISO and from forms that can mean only one; 03/04/2024 can mean two and is none.</summary>
    public static DateOnly? Date(string text)
    {
        text = text.Trim();
        if (DateTimeOffset.TryParseExact(text, DateForms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset day)) return DateOnly.FromDateTime(day.DateTime);

        string[] parts = text.Split('/');
        if (parts.Length != 3 || !parts.All(part => part.Length is > 0 and <= 4 && part.All(char.IsAsciiDigit)) || parts[2].Length != 4) return null;
        int a = int.Parse(parts[0], CultureInfo.InvariantCulture), b = int.Parse(parts[1], CultureInfo.InvariantCulture), year = int.Parse(parts[2], CultureInfo.InvariantCulture);
        if (a == b && a is >= 1 and <= 12 && year > 0) return new DateOnly(year, a, b);
        (int month, int dayOfMonth) = a > 12 ? (b, a) : b > 12 ? (a, b) : (0, 0);
        return year > 0 && month is >= 1 and <= 12 && dayOfMonth <= DateTime.DaysInMonth(year, month) ? new DateOnly(year, month, dayOfMonth) : null;
    }

    private static bool IsExponent(StringBuilder kept, char c) => c is 'e' or 'E' ? char.IsAsciiDigit(kept[^1]) : kept[^1] is 'e' or 'E';

    private static List<string> Words(string text)
    {
        List<string> words = [];
        StringBuilder word = new();
        foreach (char c in Normalize(text) + " ")
        {
            if (char.IsLetterOrDigit(c)) word.Append(c);
            else if (word.Length > 0)
            {
                words.Add(word.ToString());
                word.Clear();
            }
        }

        return words;
    }
}
