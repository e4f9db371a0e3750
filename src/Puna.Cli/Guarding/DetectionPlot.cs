using System.Globalization;
using System.Net;
using System.Text;
using Puna.Formats;
using Puna.Safety.Evaluation;

namespace Puna.Cli.Guarding;

/// <summary>The ROC and the precision-recall curve side by side, as an SVG file.</summary>
internal static class DetectionPlot
{
    private const int Side = 320, Margin = 60, Width = (2 * Side) + (3 * Margin), Height = Side + (2 * Margin);

    internal static void Write(string path, DetectionReport report, string title)
    {
        StringBuilder svg = new();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" width=\"{Width}\" height=\"{Height}\" font-family=\"sans-serif\" font-size=\"12\">\n");
        svg.Append(CultureInfo.InvariantCulture, $"<rect width=\"{Width}\" height=\"{Height}\" fill=\"white\"/>\n<text x=\"{Width / 2}\" y=\"24\" text-anchor=\"middle\" font-size=\"15\">{WebUtility.HtmlEncode(title)}</text>\n");
        Panel(svg, Margin, "false positives", "recall", $"AUC {report.Auc:0.000}",
            [(0, 0), .. report.Points.Select(p => ((double)p.FalsePositives / report.Negatives, (double)p.TruePositives / report.Positives))], diagonal: true);
        Panel(svg, (2 * Margin) + Side, "recall", "precision", $"AUPRC {report.AveragePrecision:0.000}",
            [.. report.Points.Where(p => p.TruePositives + p.FalsePositives > 0).Select(p => ((double)p.TruePositives / report.Positives, (double)p.TruePositives / (p.TruePositives + p.FalsePositives)))], diagonal: false);
        svg.Append("</svg>\n");
        using AtomicFile file = new(path);
        file.Stream.Write(Encoding.UTF8.GetBytes(svg.ToString()));
        file.Commit();
    }

    private static void Panel(StringBuilder svg, int left, string x, string y, string note, IReadOnlyList<(double X, double Y)> curve, bool diagonal)
    {
        int bottom = Margin + Side;
        for (int tick = 0; tick <= 5; tick++)
        {
            int at = Side * tick / 5;
            string number = (tick / 5.0).ToString("0.0", CultureInfo.InvariantCulture);
            svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{left + at} {Margin}V{bottom}M{left} {bottom - at}H{left + Side}\" stroke=\"#ddd\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{left + at}\" y=\"{bottom + 16}\" text-anchor=\"middle\">{number}</text><text x=\"{left - 6}\" y=\"{bottom - at + 4}\" text-anchor=\"end\">{number}</text>\n");
        }

        if (diagonal) svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{left} {bottom}L{left + Side} {Margin}\" stroke=\"#999\" stroke-dasharray=\"4\"/>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{left + (Side / 2)}\" y=\"{bottom + 36}\" text-anchor=\"middle\">{x}</text><text x=\"{left - 38}\" y=\"{Margin + (Side / 2)}\" text-anchor=\"middle\" transform=\"rotate(-90 {left - 38} {Margin + (Side / 2)})\">{y}</text>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{left + Side - 8}\" y=\"{bottom - 12}\" text-anchor=\"end\">{note}</text>\n");
        string points = string.Join(' ', curve.Select(p => string.Create(CultureInfo.InvariantCulture, $"{left + (p.X * Side):0.##},{bottom - (p.Y * Side):0.##}")));
        svg.Append(CultureInfo.InvariantCulture, $"<polyline points=\"{points}\" fill=\"none\" stroke=\"#0b63c4\" stroke-width=\"2\"/>\n");
    }
}
