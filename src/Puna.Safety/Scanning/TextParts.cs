namespace Puna.Safety.Scanning;

/// <summary>Where words and values begin and end, for scanners that read by hand in one pass.</summary>
internal static class TextParts
{
    internal static bool IsWord(char c) => char.IsLetterOrDigit(c) || c == '_';

    /// <summary>No letter, digit or underscore stands before <paramref name="at"/>.</summary>
    internal static bool BeginsWord(ReadOnlySpan<char> text, int at) => at == 0 || !IsWord(text[at - 1]);

    /// <summary>No letter, digit or underscore stands at <paramref name="at"/>.</summary>
    internal static bool EndsWord(ReadOnlySpan<char> text, int at) => at >= text.Length || !IsWord(text[at]);

    /// <summary>Index behind the run of characters that fit, at most <paramref name="most"/> long.</summary>
    internal static int Run(ReadOnlySpan<char> text, int at, int most, Func<char, bool> fits)
    {
        int end = at, limit = (int)Math.Min(text.Length, (long)at + most);
        while (end < limit && fits(text[end])) end++;
        return end;
    }

    /// <summary>Shannon entropy of the characters in bits each.</summary>
    internal static double Entropy(ReadOnlySpan<char> text)
    {
        Span<int> counts = stackalloc int[128];
        int others = 0;
        foreach (char c in text)
        {
            if (c < counts.Length) counts[c]++;
            else others++;
        }

        double bits = 0;
        foreach (int count in counts) bits -= Term(count, text.Length);
        return bits - Term(others, text.Length);

        static double Term(int count, int total) => count == 0 ? 0 : (double)count / total * Math.Log2((double)count / total);
    }
}
