using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Puna.Cli.Guarding;
using Puna.Cli.Usage;
using Puna.Safety.Evaluation;
using Puna.Safety.LlamaGuard;
using Spectre.Console;

namespace Puna.Cli.Commands;

/// <summary><c>puna guard eval</c>: how well a scanner tells labelled texts apart.</summary>
internal static class GuardEvalCommand
{
    private static readonly double[] Rates = [0.01, 0.05];

    internal static Command Create()
    {
        Command command = new("eval", "Measure a scanner on labelled texts: AUC, recall, false positives, latency");
        Argument<string[]> paths = new("model-and-file") { Description = "A guard model, unless --scanner is given, and the file of texts: JSON lines {\"text\", \"label\": 0 or 1, \"category\"}, or CSV with these columns", Arity = new ArgumentArity(1, 2) };
        Option<string?> scannerName = TextScanner.NewScannerOption();
        Option<string> undo = TextScanner.NewUndoOption();
        Option<float?> threshold = new("--threshold") { Description = "Probability from which on a text counts as flagged (default: the scanner's own)" };
        Option<string?> plot = new("--plot") { Description = "Write the ROC and the precision-recall curve to this SVG file" };
        Option<int> errors = new("--show-errors") { Description = "Print that many texts that were flagged or missed by mistake, the worst first" };
        Option<int?> threads = new("--threads", "-t") { Description = "Threads to compute with (default: one per core)" };
        Option<bool> json = new("--json") { Description = "Print a JSON object" };
        command.Add(paths);
        foreach (Option option in (Option[])[scannerName, undo, threshold, plot, errors, threads, json]) command.Add(option);
        LlamaGuardCliOptions prompt = new(command);
        command.SetAction((parsed, cancellation) => ExitCode.Guard(() =>
        {
            parsed.RequireAtLeast(1, threads);
            parsed.RequireAtLeast(0, errors);
            parsed.RequireProbability(threshold);
            (string? model, string file) = Paths(parsed.GetValue(paths)!, parsed.GetValue(scannerName));
            List<LabelledText> texts = LabelledTexts.Read(file);
            using TextScanner scanner = TextScanner.Open(parsed.GetValue(scannerName), model, PassNames.Parse(parsed.GetValue(undo)!), parsed.GetValue(threads), () => prompt.ReadOptions(parsed));
            Measured measured = Measure(scanner, texts, cancellation);
            DetectionReport report = DetectionReport.Of(measured.Examples);
            float limit = parsed.GetValue(threshold) ?? scanner.Threshold;
            if (parsed.GetValue(plot) is { } svg) DetectionPlot.Write(svg, report, $"{scanner.Name}: {texts.Count} texts of {Path.GetFileName(file)}");
            if (parsed.GetValue(json)) WriteJson(scanner, report, measured, limit);
            else Print(scanner, report, measured, limit);
            if (parsed.GetValue(errors) > 0) PrintErrors(texts, measured, limit, parsed.GetValue(errors));
        }));
        return command;
    }

    /// <summary>Scores of all texts, and how long each took.</summary>
    internal sealed record Measured(List<ScoredExample> Examples, List<IReadOnlyDictionary<string, float>> Categories, double[] SortedMilliseconds);

    internal static (string? Model, string File) Paths(string[] paths, string? scanner) => (paths.Length, scanner) switch
    {
        (1, not null) => (null, paths[0]),
        (2, null) => (paths[0], paths[1]),
        (1, null) => throw new UsageException($"give a model or --scanner ({string.Join(", ", TextScanner.Names)}) besides {paths[0]}."),
        _ => throw new UsageException($"--scanner {scanner} needs no model: give the file of texts alone."),
    };

    internal static Measured Measure(TextScanner scanner, List<LabelledText> texts, CancellationToken cancellation)
    {
        scanner.Score("user", texts[0].Text, cancellation); // compiles and loads what the first text would be charged for
        List<ScoredExample> examples = new(texts.Count);
        List<IReadOnlyDictionary<string, float>> categories = new(texts.Count);
        double[] milliseconds = new double[texts.Count];
        for (int i = 0; i < texts.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            long start = Stopwatch.GetTimestamp();
            (float probability, IReadOnlyDictionary<string, float> scores) = scanner.Score("user", texts[i].Text, cancellation);
            milliseconds[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            examples.Add(new ScoredExample(probability, texts[i].Positive, texts[i].Category));
            categories.Add(scores);
        }

        Array.Sort(milliseconds);
        return new Measured(examples, categories, milliseconds);
    }

    private static double Percentile(double[] sorted, double share) => sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];

    /// <summary>By category: its texts, and how many were flagged.</summary>
    private static IEnumerable<(string Category, int Positives, int Detected, int Negatives, int False)> Table(Measured measured, float threshold) =>
        measured.Examples.Where(e => e.Category is not null).GroupBy(e => e.Category!).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => (g.Key, g.Count(e => e.Positive), g.Count(e => e.Positive && e.Score >= threshold), g.Count(e => !e.Positive), g.Count(e => !e.Positive && e.Score >= threshold)));

    private static void WriteJson(TextScanner scanner, DetectionReport report, Measured measured, float threshold) => JsonLine.Write(w =>
    {
        DetectionPoint point = report.At(threshold);
        w.WriteString("scanner", scanner.Name);
        w.WriteString("model", scanner.Identity);
        w.WriteNumber("examples", measured.Examples.Count);
        w.WriteNumber("positives", report.Positives);
        w.WriteNumber("negatives", report.Negatives);
        w.WriteNumber("auc", report.Auc);
        w.WriteStartArray("auc_interval_95");
        w.WriteNumberValue(report.AucInterval.Low);
        w.WriteNumberValue(report.AucInterval.High);
        w.WriteEndArray();
        w.WriteNumber("auprc", report.AveragePrecision);
        foreach (double rate in Rates)
        {
            (double recall, double at) = report.RecallAtFalsePositives(rate);
            w.WriteNumber($"recall_at_{rate * 100:0}pct_fpr", recall);
            if (double.IsFinite(at)) w.WriteNumber($"threshold_at_{rate * 100:0}pct_fpr", at);
            else w.WriteNull($"threshold_at_{rate * 100:0}pct_fpr");
        }

        w.WriteNumber("threshold", threshold);
        w.WriteNumber("recall", (double)point.TruePositives / report.Positives);
        w.WriteNumber("false_positive_rate", (double)point.FalsePositives / report.Negatives);
        w.WriteStartObject("latency_ms");
        w.WriteNumber("mean", measured.SortedMilliseconds.Average());
        w.WriteNumber("p50", Percentile(measured.SortedMilliseconds, 0.5));
        w.WriteNumber("p95", Percentile(measured.SortedMilliseconds, 0.95));
        w.WriteNumber("p99", Percentile(measured.SortedMilliseconds, 0.99));
        w.WriteNumber("max", measured.SortedMilliseconds[^1]);
        w.WriteEndObject();
        w.WriteStartArray("categories");
        foreach ((string category, int positives, int detected, int negatives, int wrong) in Table(measured, threshold))
        {
            w.WriteStartObject();
            w.WriteString("category", category);
            w.WriteNumber("positives", positives);
            w.WriteNumber("detected", detected);
            w.WriteNumber("negatives", negatives);
            w.WriteNumber("false_positives", wrong);
            w.WriteEndObject();
        }

        w.WriteEndArray();
    });

    private static void Print(TextScanner scanner, DetectionReport report, Measured measured, float threshold)
    {
        DetectionPoint point = report.At(threshold);
        TextWriter output = Console.Out;
        output.WriteLine($"{scanner.Name} on {report.Positives} positive and {report.Negatives} negative texts");
        output.WriteLine($"AUC                {GuardReport.Number(report.Auc)} (95 % interval {GuardReport.Number(report.AucInterval.Low)} to {GuardReport.Number(report.AucInterval.High)})");
        output.WriteLine($"AUPRC              {GuardReport.Number(report.AveragePrecision)}");
        foreach (double rate in Rates)
        {
            (double recall, double at) = report.RecallAtFalsePositives(rate);
            output.WriteLine($"recall at {rate * 100:0} % FPR  {Percent(recall)}{(double.IsFinite(at) ? $" (threshold {GuardReport.Number(at)})" : "")}");
        }

        output.WriteLine($"at threshold {GuardReport.Number(threshold)}: recall {Percent((double)point.TruePositives / report.Positives)}, false positives {Percent((double)point.FalsePositives / report.Negatives)} ({point.FalsePositives} of {report.Negatives})");
        output.WriteLine($"latency            {GuardReport.Number(Percentile(measured.SortedMilliseconds, 0.5))} ms median, {GuardReport.Number(Percentile(measured.SortedMilliseconds, 0.99))} ms for 99 %");
        (string Category, int Positives, int Detected, int Negatives, int False)[] rows = [.. Table(measured, threshold)];
        if (rows.Length == 0) return;

        Table table = new();
        table.AddColumns("category", "positive", "flagged", "negative", "flagged by mistake");
        foreach ((string category, int positives, int detected, int negatives, int wrong) in rows)
            table.AddRow(Markup.Escape(TerminalText.Printable(category)), Count(positives), positives > 0 ? $"{detected} ({Percent((double)detected / positives)})" : "", Count(negatives), negatives > 0 ? $"{wrong} ({Percent((double)wrong / negatives)})" : "");
        AnsiConsole.Write(table);
    }

    private static void PrintErrors(List<LabelledText> texts, Measured measured, float threshold, int count)
    {
        foreach ((LabelledText text, ScoredExample example) in texts.Zip(measured.Examples).Where(p => p.Second.Score >= threshold != p.Second.Positive).OrderByDescending(p => Math.Abs(p.Second.Score - threshold)).Take(count))
        {
            string shown = text.Text.Length > 300 ? text.Text[..300] + " …" : text.Text;
            Console.Error.WriteLine($"line {text.Line}, {(example.Positive ? "missed" : "flagged by mistake")}, {GuardReport.Number(example.Score)}: {TerminalText.Printable(shown).ReplaceLineEndings(" ")}");
        }
    }

    private static string Count(int count) => count > 0 ? $"{count}" : "";

    private static string Percent(double share) => $"{share * 100:0.0} %";
}
