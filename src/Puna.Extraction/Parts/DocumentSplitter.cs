using System.Text.RegularExpressions;

namespace Puna.Extraction.Parts;

/// <summary>
/// Cuts a text into parts that overlap and fit a limit of tokens. It cuts before a heading if one stands in the part's second half, or
/// else between paragraphs, or else lines, sentences or words; and what stands before the cut, up to the overlap, stands in the next part again.
/// </summary>
internal sealed partial class DocumentSplitter(string text, Func<string, int> countTokens, int maxTokens, int overlapTokens)
{
    /// <summary>Start and end of each part; the first starts at 0, the last ends with the text.</summary>
    internal List<(int Start, int End)> Split()
    {
        List<(int Start, int End)> parts = [];
        for (int start = 0; ;)
        {
            int end = LargestFit(start);
            if (end >= text.Length)
            {
                parts.Add((start, text.Length));
                return parts;
            }

            end = Cut(start, end);
            parts.Add((start, end));
            start = Math.Max(start + 1, Overlap(start, end));
        }
    }

    /// <summary>The furthest end that fits, found by trying: never less than one character.</summary>
    private int LargestFit(int start)
    {
        int left = text.Length - start;
        int good = 0, size = Math.Min(left, maxTokens * 2);
        while (Fits(start, size))
        {
            good = size;
            if (size == left) return text.Length;
            size = Math.Min(left, size * 2);
        }

        int bad = size;
        while (bad - good > Math.Max(1, good / 32))
        {
            int middle = (good + bad) / 2;
            if (Fits(start, middle)) good = middle;
            else bad = middle;
        }

        return start + Math.Max(good, 1);
    }

    private bool Fits(int start, int length) => countTokens(text.Substring(start, length)) <= maxTokens;

    private int Cut(int start, int end)
    {
        int half = start + ((end - start) / 2);
        string tail = text[half..end];
        foreach (Regex boundary in (Regex[])[Heading(), Paragraph(), Line(), Sentence(), Word()])
        {
            int last = -1;
            foreach (ValueMatch match in boundary.EnumerateMatches(tail)) last = match.Index + match.Length;
            if (last > 0) return half + last;
        }

        return char.IsLowSurrogate(text[end]) && end - 1 > start ? end - 1 : end;
    }

    /// <summary>Where the next part starts: a line or word at most the overlap before the cut.</summary>
    private int Overlap(int start, int end)
    {
        if (overlapTokens == 0) return end;

        int from = end;
        for (int size = Math.Max(1, (end - start) / 2); size > 0; size /= 2)
        {
            if (from - size > start && countTokens(text[(from - size)..end]) <= overlapTokens) from -= size;
        }

        string head = text[from..end];
        foreach (Regex boundary in (Regex[])[Line(), Word()])
        {
            foreach (ValueMatch match in boundary.EnumerateMatches(head)) return from + match.Index + match.Length;
        }

        return end;
    }

    [GeneratedRegex(@"\n(?=#{1,6} )")]
    private static partial Regex Heading();

    [GeneratedRegex(@"\n[ \t\r]*\n+")]
    private static partial Regex Paragraph();

    [GeneratedRegex(@"\n")]
    private static partial Regex Line();

    [GeneratedRegex(@"[.!?]\s+")]
    private static partial Regex Sentence();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Word();
}
