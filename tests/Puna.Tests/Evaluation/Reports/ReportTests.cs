using System.Text.Json;
using System.Text.Json.Nodes;
using Puna.Evaluation;
using Puna.Evaluation.Reports;
using Puna.Evaluation.Runs;

namespace Puna.Tests.Evaluation.Reports;

public sealed class ReportTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("puna-reports-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_report_is_three_files_and_the_page_carries_everything()
    {
        string run = Run("a", Enumerable.Range(0, 40).Select(i => i % 4 == 0 ? 0.0 : 1));
        IReadOnlyList<string> files = EvaluationReport.Write(run, run);

        Assert.Equal(["report.html", "report.md", "report.json"], files.Select(Path.GetFileName));
        string html = File.ReadAllText(files[0]), markdown = File.ReadAllText(files[1]);
        Assert.DoesNotContain("http:", html);
        Assert.DoesNotContain("https:", html);
        Assert.Contains("default-src 'none'", html);
        Assert.Contains("75.0 %", html);
        Assert.Contains("75.0 %", markdown);
        Assert.Contains("Calibration", html);
        Assert.Equal(0.75, JsonDocument.Parse(File.ReadAllText(files[2])).RootElement.GetProperty("metrics")[0].GetProperty("micro").GetDouble());
    }

    [Fact]
    public void Texts_of_models_stay_texts()
    {
        string html = EvaluationReport.Html(Run("a", [1, 0], output: "</script><script>alert(1)</script><!--", group: "<b>g</b>"));

        Assert.DoesNotContain("<script>alert", html);
        Assert.DoesNotContain("<b>g</b>", html);
        Assert.Equal(2, html.Split("<script>").Length + html.Split("<script type").Length - 2); // the page's own, and its data
    }

    [Fact]
    public void Questions_of_gpqa_are_left_out()
    {
        string html = EvaluationReport.Html(Run("a", [1, 0], output: "secret output", task: "simple/gpqa"));

        Assert.DoesNotContain("secret", html);
        Assert.Contains("ask that its questions appear nowhere", html);
    }

    [Fact]
    public void Runs_are_paired_item_by_item()
    {
        double[] first = [.. Enumerable.Repeat(1.0, 5), .. Enumerable.Repeat(0.0, 15), .. Enumerable.Repeat(1.0, 20)];
        double[] second = [.. Enumerable.Repeat(0.0, 5), .. Enumerable.Repeat(1.0, 15), .. Enumerable.Repeat(1.0, 20)];
        (IReadOnlyList<PairedComparison> comparisons, IReadOnlyList<string> files) = EvaluationReport.Compare([Run("a", first), Run("b", second)], _folder);

        PairedComparison comparison = Assert.Single(comparisons);
        PairedMetric score = comparison.Metrics[0];
        Assert.Equal((5, 15), (score.OnlyFirst, score.OnlySecond));
        Assert.Equal(0.041389, score.P, 6); // the published value
        Assert.Equal(0.25, score.Difference, 12);
        Assert.True(score.Low < 0.25 && score.High > 0.25 && score.Corrected >= score.P);
        Assert.Equal(20, comparison.Flipped.Count);
        Assert.True(comparison.Comparable);
        Assert.Equal(3, files.Count);
        Assert.Contains("only first : only second", File.ReadAllText(files[0]));
    }

    [Fact]
    public void A_run_does_not_differ_from_itself()
    {
        PairedComparison comparison = Assert.Single(EvaluationReport.Compare([Run("a", [1, 0, 1]), Run("b", [1, 0, 1])], null).Comparisons);

        Assert.Equal(1, comparison.Metrics[0].P);
        Assert.Null(comparison.SmallestVisible);
        Assert.Contains("No difference", EvaluationReport.Conclusion(comparison));
    }

    [Fact]
    public void What_cannot_be_compared_is_refused()
    {
        string other = Run("b", [1, 0], task: "orig/mmlu");

        Assert.Contains("one recipe", Assert.Throws<EvaluationException>(() => EvaluationReport.Compare([Run("a", [1, 0]), other], null)).Message);
        Assert.Contains("two runs", Assert.Throws<EvaluationException>(() => EvaluationReport.Compare([other], null)).Message);
        Assert.Throws<EvaluationException>(() => EvaluationReport.Html(_folder));
    }

    [Fact]
    public void Groups_of_two_properties_become_a_heat_map()
    {
        string html = EvaluationReport.Html(Run("a", [1, 0, 1, 1], group: "25% | 4096"));

        Assert.Contains("class=\"heat\"", html);
        Assert.Contains("n = 4", html);
    }

    [Theory]
    [InlineData("meta/mmlu-5shot", "Llama-4-Scout", 14_042, "BF16", "yes")]
    [InlineData("meta/mmlu-5shot", "Llama-4-Scout", 1_000, "BF16", "–")] // not the benchmark
    [InlineData("meta/mmlu-5shot", "Llama-4-Scout", 14_042, "Q4_K", "–")] // not the weights
    [InlineData("meta/mmlu-5shot", "Llama-3", 14_042, "BF16", "–")] // not the model
    [InlineData("simple/gpqa", "Llama-4-Scout", 198, "BF16", "–")] // not the prompt
    [InlineData("lmeval/mmlu_pro", "Llama-4-Scout", 12_032, "BF16", "–")] // not the shots
    public void Only_what_was_published_can_be_reproduced(string recipe, string model, int items, string type, string verdict)
    {
        MetricScore[] metrics = [.. ((string[])["acc", "exact_match"]).Select(name => new MetricScore(name, 0.79, 0.5, 0.9, 0.79, 0.5, 0.9, []))];
        RunRecord run = new("run", new RunManifest(new JsonObject { ["model"] = new JsonObject { ["quantization"] = new JsonObject { ["output.weight"] = type } } }, []),
            new RunSummary { Task = recipe, Label = recipe, Model = model, Items = items, Metrics = metrics }, []);

        Assert.Equal(verdict, ScoreRows.Anchors(run)[1][4]);
    }

    [Fact]
    public void The_index_leads_to_every_run()
    {
        Run("a", [1, 0]);
        Run("b & c", [1, 1]);
        string html = EvaluationReport.Index(_folder, name => "run?of=" + Uri.EscapeDataString(name), (a, b) => $"compare?of={a}&of={b}");

        Assert.Contains("run?of=b%20%26%20c", html);
        Assert.Contains("compare with a", html);
    }

    private string Run(string name, IEnumerable<double> marks, string output = "", string group = "algebra", string task = "lmeval/mmlu")
    {
        ItemResult[] results = [.. marks.Select((mark, i) => new ItemResult
        {
            Id = $"item {i}", Group = group, ItemHash = $"{i}", PromptHash = $"{i}", TargetHash = "", Prompt = "secret question?", Target = "A", Output = output, Prediction = "A", Rule = "rule",
            Metrics = new Dictionary<string, double> { ["acc"] = mark, ["confidence"] = 0.7 }, FinishReason = "scored",
        })];
        double mean = results.Average(result => result.Metrics["acc"]);
        RunSummary summary = new()
        {
            Task = task,
            Label = task,
            Model = "model",
            Items = results.Length,
            Metrics = [new MetricScore("acc", mean, mean / 2, 1, mean, mean / 2, 1, [new GroupScore(group, results.Length, mean, mean / 2, 1)])],
        };
        string folder = Path.Combine(_folder, name);
        Directory.CreateDirectory(folder);
        ResultFolder.Write(folder, new RunManifest(new JsonObject { ["recipe"] = new JsonObject { ["name"] = task } }, new JsonObject { ["seconds"] = 2.5 }), results, summary);
        return folder;
    }
}
