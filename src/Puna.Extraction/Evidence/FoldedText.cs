namespace Puna.Extraction.Evidence;

/// <summary>A text without what spelling may vary (case, runs of whitespace, quotes, dashes, invisible characters), and where each of its characters stood.</summary>
internal sealed class FoldedText
{
    private readonly int[] _places;

    internal FoldedText(ReadOnlySpan<char> text)
    {
        char[] folded = new char[text.Length];
        _places = new int[text.Length + 1];
        int length = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (Fold(text[i]) is not { } c || (c == ' ' && (length == 0 || folded[length - 1] == ' '))) continue;
            _places[length] = i;
            folded[length++] = c;
        }

        if (length > 0 && folded[length - 1] == ' ') length--;
        _places[length] = text.Length;
        Text = new string(folded, 0, length);
    }

    /// <summary>What is left.</summary>
    internal string Text { get; }

    /// <summary>Where a stretch of what is left stood: from its first character to just behind its last.</summary>
    internal (int Start, int End) PlaceOf(int start, int length) => (_places[start], _places[start + length - 1] + 1);

    private static char? Fold(char c) => c switch
    {
        '\u2018' or '\u2019' or '\u201A' or '\u201B' or '\u00B4' or '`' => '\'',
        '\u201C' or '\u201D' or '\u201E' or '\u201F' or '\u00AB' or '\u00BB' => '"',
        '\u2010' or '\u2011' or '\u2012' or '\u2013' or '\u2014' or '\u2212' => '-',
        '\u00AD' or '\u200B' or '\u200C' or '\u200D' or '\u2060' or '\uFEFF' => null,
        _ when char.IsWhiteSpace(c) => ' ',
        _ => char.ToLowerInvariant(c),
    };
}
