namespace Puna.Cli;

/// <summary>Makes text of a model fit for a terminal.</summary>
internal static class TerminalText
{
    /// <summary>The text with U+FFFD for control characters but line feeds and tabs: escape sequences could change the terminal.</summary>
    internal static string Printable(string text) => text.AsSpan().IndexOfAny(Unsafe) < 0
        ? text
        : string.Create(text.Length, text, (span, source) =>
        {
            for (int i = 0; i < span.Length; i++) span[i] = Unsafe.Contains(source[i]) ? '\uFFFD' : source[i];
        });

    private static readonly System.Buffers.SearchValues<char> Unsafe =
        System.Buffers.SearchValues.Create([.. Enumerable.Range(0, 0xA0).Select(c => (char)c).Where(c => char.IsControl(c) && c is not ('\n' or '\t'))]);
}
