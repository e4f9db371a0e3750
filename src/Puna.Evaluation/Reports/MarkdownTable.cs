namespace Puna.Evaluation.Reports;

/// <summary>Tables and text of Markdown.</summary>
internal static class MarkdownTable
{
    /// <summary>A table; the first row is the head.</summary>
    public static string Of(IReadOnlyList<IReadOnlyList<string>> rows)
    {
        IEnumerable<string> lines = rows.Select(row => $"| {string.Join(" | ", row.Select(Escape))} |");
        string rule = $"|{string.Concat(rows[0].Select((_, i) => i == 0 ? " --- |" : " ---: |"))}";
        return string.Join('\n', (string[])[lines.First(), rule, .. lines.Skip(1)]);
    }

    /// <summary>Text of others as text: on one line, without marks of its own.</summary>
    public static string Escape(string text)
    {
        string line = text.ReplaceLineEndings(" ");
        foreach (string mark in (ReadOnlySpan<string>)["\\", "|", "<", "`", "*", "_", "["]) line = line.Replace(mark, "\\" + mark, StringComparison.Ordinal);
        return line;
    }
}
