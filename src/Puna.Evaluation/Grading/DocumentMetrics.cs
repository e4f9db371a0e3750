using System.Globalization;

namespace Puna.Evaluation.Grading;

/// <summary>Scores of short answers read from documents and charts.</summary>
internal static class DocumentMetrics
{
    // An answer is a few words; the distance of longer ones costs their product.
    private const int MaxLength = 4096;

    /// <summary>ANLS: likeness to the nearest reference, 0 where less than half.</summary>
    public static double Anls(string answer, IReadOnlyList<string> references) => references.Max(reference => Similarity(answer, reference));

    /// <summary>ChartQA's relaxed accuracy: numbers within 5 %, anything else equal in any case.</summary>
    public static bool Relaxed(string answer, string reference)
    {
        if (Number(answer) is not { } a || Number(reference) is not { } b) return string.Equals(answer.Trim(), reference.Trim(), StringComparison.OrdinalIgnoreCase);
        return b == 0 ? a == 0 : Math.Abs(a - b) / Math.Abs(b) <= 0.05;
    }

    private static double Similarity(string answer, string reference)
    {
        int[] a = Runes(answer), b = Runes(reference);
        int longer = Math.Max(a.Length, b.Length);
        if (longer == 0) return 1;
        if (longer > MaxLength || Math.Min(a.Length, b.Length) * 2 < longer) return 0; // at least half of it is inserted
        double similarity = 1 - (double)Distance(a, b) / longer;
        return similarity < 0.5 ? 0 : similarity;
    }

    private static int[] Runes(string text) => [.. text.Trim().ToLowerInvariant().EnumerateRunes().Select(rune => rune.Value)];

    private static double? Number(string text)
    {
        text = text.Trim();
        bool percent = text.EndsWith('%');
        return double.TryParse(percent ? text[..^1] : text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? percent ? value / 100 : value : null;
    }

    private static int Distance(int[] a, int[] b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[b.Length];
    }
}
