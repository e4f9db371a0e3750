using System.CommandLine;
using System.Globalization;
using Puna.Cli.Guarding;
using Puna.Cli.Usage;
using Puna.Safety.Evaluation;

namespace Puna.Cli.Commands;

/// <summary><c>puna guard calibrate</c>: thresholds that keep false positives below a rate, from labelled texts.</summary>
internal static class GuardCalibrateCommand
{
    internal static Command Create()
    {
        Command command = new("calibrate", "Choose thresholds from labelled texts, for each category of a Llama Guard");
        Argument<string[]> paths = new("model-and-file") { Description = "A guard model, unless --scanner is given, and the file of texts (see guard eval); a positive text's category is a code such as S1", Arity = new ArgumentArity(1, 2) };
        Option<string?> scannerName = TextScanner.NewScannerOption();
        Option<string> undo = TextScanner.NewUndoOption();
        Option<double> rate = new("--fpr") { Description = "Most false positives among negative texts, as a share", DefaultValueFactory = _ => 0.01 };
        Option<int?> threads = new("--threads", "-t") { Description = "Threads to compute with (default: one per core)" };
        Option<bool> json = new("--json") { Description = "Print a JSON object" };
        command.Add(paths);
        foreach (Option option in (Option[])[scannerName, undo, rate, threads, json]) command.Add(option);
        LlamaGuardCliOptions prompt = new(command);
        command.SetAction((parsed, cancellation) => ExitCode.Guard(() =>
        {
            double most = parsed.GetValue(rate);
            if (!(most is >= 0 and < 1)) throw new UsageException($"--fpr {most.ToString(CultureInfo.InvariantCulture)}: a share from 0 to below 1 is needed, such as 0.01.");

            parsed.RequireAtLeast(1, threads);
            (string? model, string file) = GuardEvalCommand.Paths(parsed.GetValue(paths)!, parsed.GetValue(scannerName));
            List<LabelledText> texts = LabelledTexts.Read(file);

            // Threshold 0 makes a Llama Guard score every category of every text.
            using TextScanner scanner = TextScanner.Open(parsed.GetValue(scannerName), model, PassNames.Parse(parsed.GetValue(undo)!), parsed.GetValue(threads),
                () => prompt.ReadOptions(parsed) with { Thresholds = new() { User = 0, Agent = 0 } });
            GuardEvalCommand.Measured measured = GuardEvalCommand.Measure(scanner, texts, cancellation);
            List<Calibration> results = [.. Calibrate(measured, most)];
            if (parsed.GetValue(json)) WriteJson(scanner, results, most);
            else foreach (Calibration c in results) Console.Out.WriteLine($"{c.Category}: {(c.Threshold is { } t ? $"threshold {GuardReport.Number(t)}" : "no threshold keeps the rate")}, recall {c.Recall * 100:0.0} % of {c.Positives}, false positives {c.FalsePositives} of {c.Negatives}");
        }));
        return command;
    }

    private sealed record Calibration(string Category, double? Threshold, double Recall, int Positives, int FalsePositives, int Negatives);

    /// <summary>All texts together, and each category that the scanner scores and positive texts name.</summary>
    private static IEnumerable<Calibration> Calibrate(GuardEvalCommand.Measured measured, double rate)
    {
        yield return Of("all", measured.Examples, rate);
        foreach (string category in measured.Examples.Where(e => e.Positive && e.Category is not null).Select(e => e.Category!).Distinct().Order(StringComparer.Ordinal))
        {
            if (!measured.Categories.Exists(scores => scores.ContainsKey(category))) continue;

            // A text may violate several categories, so positives of others count neither way.
            List<ScoredExample> own = [.. measured.Examples.Zip(measured.Categories).Where(p => !p.First.Positive || p.First.Category == category)
                .Select(p => new ScoredExample(p.Second.GetValueOrDefault(category), p.First.Positive))];
            yield return Of(category, own, rate);
        }
    }

    private static Calibration Of(string category, List<ScoredExample> examples, double rate)
    {
        DetectionReport report = DetectionReport.Of(examples);
        (double recall, double threshold) = report.RecallAtFalsePositives(rate);
        return new Calibration(category, double.IsFinite(threshold) ? threshold : null, recall, report.Positives, double.IsFinite(threshold) ? report.At(threshold).FalsePositives : 0, report.Negatives);
    }

    private static void WriteJson(TextScanner scanner, List<Calibration> results, double rate) => JsonLine.Write(w =>
    {
        w.WriteString("scanner", scanner.Name);
        w.WriteString("model", scanner.Identity);
        w.WriteNumber("false_positive_rate", rate);
        w.WriteStartObject("thresholds");
        foreach (Calibration c in results.Where(c => c.Threshold is not null)) w.WriteNumber(c.Category, c.Threshold!.Value);
        w.WriteEndObject();
        w.WriteStartArray("categories");
        foreach (Calibration c in results)
        {
            w.WriteStartObject();
            w.WriteString("category", c.Category);
            w.WriteNumber("recall", c.Recall);
            w.WriteNumber("positives", c.Positives);
            w.WriteNumber("false_positives", c.FalsePositives);
            w.WriteNumber("negatives", c.Negatives);
            w.WriteEndObject();
        }

        w.WriteEndArray();
    });
}
