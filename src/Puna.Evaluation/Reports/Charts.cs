using System.Globalization;
using System.Text;
using Puna.Evaluation.Runs;
using Puna.Evaluation.Statistics;

namespace Puna.Evaluation.Reports;

/// <summary>Drawings of scores as SVG, in the colours of the page around them. Every number that is drawn can also be read.</summary>
internal static class Charts
{
    /// <summary>A line per group: its score as a dot, its interval as a bar, best first.</summary>
    public static string Groups(IReadOnlyList<GroupScore> groups)
    {
        const int left = 230, width = 420, right = 130, row = 22, top = 26;
        int height = top + groups.Count * row + 8;
        StringBuilder svg = Open(left + width + right, height, "Score of every group with its 95 % interval");
        for (int tick = 0; tick <= 4; tick++)
        {
            double x = left + width * tick / 4.0;
            svg.Append(Invariant($"<line class=\"grid\" x1=\"{x}\" x2=\"{x}\" y1=\"{top - 6}\" y2=\"{height - 8}\"/><text class=\"soft\" x=\"{x}\" y=\"14\" text-anchor=\"middle\">{tick * 25} %</text>"));
        }

        int at = 0;
        foreach (GroupScore group in groups.OrderByDescending(group => group.Mean).ThenBy(group => group.Group, StringComparer.Ordinal))
        {
            int y = top + at++ * row + row / 2;
            double X(double share) => left + width * Math.Clamp(share, 0, 1);
            svg.Append(Invariant($"<text x=\"{left - 10}\" y=\"{y + 4}\" text-anchor=\"end\">{HtmlPage.Escape(Shorten(group.Group, 32))}</text>"));
            svg.Append(Invariant($"<line class=\"range\" x1=\"{X(group.Low):F1}\" x2=\"{X(group.High):F1}\" y1=\"{y}\" y2=\"{y}\"/><circle class=\"mark\" cx=\"{X(group.Mean):F1}\" cy=\"{y}\" r=\"4.5\"/>"));
            svg.Append(Invariant($"<text x=\"{left + width + 14}\" y=\"{y + 4}\">{group.Mean * 100:F1} <tspan class=\"soft\">of {group.Items}</tspan></text>"));
        }

        return svg.Append("</svg></div>").ToString();
    }

    /// <summary>Confidence against accuracy, a dot per bin whose area grows with its items.</summary>
    public static string Reliability(Calibration calibration)
    {
        const int left = 44, size = 300, top = 12;
        StringBuilder svg = Open(left + size + 20, top + size + 44, "Accuracy by confidence");
        for (int tick = 0; tick <= 5; tick++)
        {
            double offset = size * tick / 5.0;
            svg.Append(Invariant($"<line class=\"grid\" x1=\"{left + offset}\" x2=\"{left + offset}\" y1=\"{top}\" y2=\"{top + size}\"/><line class=\"grid\" x1=\"{left}\" x2=\"{left + size}\" y1=\"{top + offset}\" y2=\"{top + offset}\"/>"));
            svg.Append(Invariant($"<text class=\"soft\" x=\"{left + offset}\" y=\"{top + size + 16}\" text-anchor=\"middle\">{tick * 20}</text><text class=\"soft\" x=\"{left - 6}\" y=\"{top + size - offset + 4}\" text-anchor=\"end\">{tick * 20}</text>"));
        }

        svg.Append(Invariant($"<line class=\"diagonal\" x1=\"{left}\" y1=\"{top + size}\" x2=\"{left + size}\" y2=\"{top}\"/>"));
        foreach (Calibration.Bin bin in calibration.Bins.Where(bin => bin.Count > 0))
        {
            double radius = 3 + 13 * Math.Sqrt((double)bin.Count / calibration.Count);
            svg.Append(Invariant($"<circle class=\"mark\" fill-opacity=\"0.8\" cx=\"{left + size * bin.Confidence:F1}\" cy=\"{top + size * (1 - bin.Accuracy):F1}\" r=\"{radius:F1}\"><title>{bin.Count} items</title></circle>"));
        }

        return svg.Append(Invariant($"<text class=\"soft\" x=\"{left + size / 2}\" y=\"{top + size + 36}\" text-anchor=\"middle\">confidence %, accuracy % upwards</text></svg></div>")).ToString();
    }

    /// <summary>A table of scores by two properties, coloured by one hue from 0 to 100.</summary>
    /// <param name="groups">Groups named <c>row | column</c>.</param>
    public static string HeatMap(IReadOnlyList<GroupScore> groups)
    {
        (string Row, string Column, GroupScore Score)[] cells = [.. groups.Select(group => (group.Group.Split(" | ")[0], group.Group.Split(" | ")[1], group))];
        string[] rows = [.. cells.Select(cell => cell.Row).Distinct().OrderBy(Number).ThenBy(row => row, StringComparer.Ordinal)];
        string[] columns = [.. cells.Select(cell => cell.Column).Distinct().OrderBy(Number).ThenBy(column => column, StringComparer.Ordinal)];
        bool byLength = columns.All(column => Number(column) < double.MaxValue);
        string corner = !byLength ? "" : rows.All(row => row.EndsWith('%')) ? "depth, by tokens" : "task, by tokens";
        StringBuilder html = new($"<div class=\"scroll\"><table class=\"heat\"><tr><th>{corner}</th>{string.Concat(columns.Select(column => $"<th>{HtmlPage.Escape(column)}</th>"))}</tr>");
        foreach (string row in rows)
        {
            html.Append(Invariant($"<tr><th>{HtmlPage.Escape(row)}</th>"));
            foreach (string column in columns)
            {
                GroupScore? score = cells.FirstOrDefault(cell => cell.Row == row && cell.Column == column).Score;

                // Colour by class, not by style attribute: the page's policy forbids those.
                html.Append(score is null ? "<td></td>" : Invariant($"<td class=\"v{(int)Math.Round(score.Mean * 20)}\">{score.Mean * 100:F0}<small>n = {score.Items}</small></td>"));
            }

            html.Append("</tr>");
        }

        return html.Append("</table></div>").ToString();
    }

    /// <summary>Whether all groups are named by two properties.</summary>
    public static bool IsGrid(IReadOnlyList<GroupScore> groups) => groups.Count > 0 && groups.All(group => group.Group.Split(" | ").Length == 2);

    /// <summary>The number that a row or column is named by, past all others where it is none.</summary>
    public static double Number(string text) => double.TryParse(text.Replace(",", "", StringComparison.Ordinal).TrimEnd('%', ' ', 'k', 'K'), CultureInfo.InvariantCulture, out double number) ? number : double.MaxValue;

    private static StringBuilder Open(int width, int height, string title) =>
        new(Invariant($"<div class=\"scroll\"><svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\"><title>{title}</title>"));

    private static string Shorten(string text, int length) => text.Length <= length ? text : text[..(length - 1)] + "…";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
