using System.Text.Json.Nodes;
using Puna.Evaluation;
using Puna.Evaluation.Data;
using Puna.Evaluation.Runs;
using Puna.Evaluation.Tasks;

namespace Puna.Tests.Evaluation.Data;

public sealed class TaskDataTests : IDisposable
{
    private const string Row = "Why?,a,b,c,d,A\n";
    private readonly string _folder = Directory.CreateTempSubdirectory("puna-data-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("test/birds_test.csv", "dev/birds_dev.csv")]
    [InlineData("data/test/birds_test.csv", "data/dev/birds_dev.csv")]
    [InlineData("birds/test-00000-of-00001.csv", "birds/dev-00000-of-00001.csv")]
    public void Upstream_layouts_are_found(string test, string dev)
    {
        Write(test, Row + "Who?,a,b,c,d,B\n");
        Write(dev, Row);

        TaskData data = TaskData.Load(EvaluationTasks.Find("lmeval/mmlu"), _folder);

        Assert.Equal(["Why?", "Who?"], data.Items.Select(item => item.Text("question")));
        Assert.Single(data.ShotPool);
        Assert.Equal([test, dev], data.Files.Select(file => file.Path));
        Assert.Equal(64, data.Files[0].Sha256.Length);
    }

    [Fact]
    public void A_folder_without_the_split_is_an_error_that_says_what_was_looked_for()
    {
        Write("other.csv", Row);

        string message = Assert.Throws<EvaluationException>(() => TaskData.Load(EvaluationTasks.Find("lmeval/mmlu"), _folder)).Message;

        Assert.Contains("no file of the split 'test'", message, StringComparison.Ordinal);
        Assert.Contains("cais/mmlu", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bad_row_is_named_by_file_and_number()
    {
        Write("test/birds_test.csv", Row + "Who?,a,b,c,d,X\n");

        string message = Assert.Throws<EvaluationException>(() => TaskData.Load(EvaluationTasks.Find("lmeval/mmlu"), _folder)).Message;

        Assert.Contains("birds_test.csv, row 2", message, StringComparison.Ordinal);
        Assert.Contains("'X'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_few_worked_examples_are_an_error()
    {
        Write("test/birds_test.csv", Row);
        Write("dev/birds_dev.csv", "Who?,a,b,c,d,B\n");

        string message = Assert.Throws<EvaluationException>(() => PreparedRun.Of(EvaluationTasks.Find("meta/mmlu-5shot"), new RunSettings { Data = _folder })).Message;

        Assert.Contains("--shots 1", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sample_takes_every_group_in_proportion_by_the_seed_alone()
    {
        EvaluationItem[] items = [.. Enumerable.Range(0, 100).Select(i => new EvaluationItem($"i{i}", i < 70 ? "large" : i < 95 ? "middle" : "small", new JsonObject()))];

        IReadOnlyList<EvaluationItem> sample = TaskData.Sample(items, 20, seed: 1);

        Assert.Equal([14, 5, 1], sample.GroupBy(item => item.Group).Select(g => g.Count()));
        Assert.Equal(sample, TaskData.Sample(items, 20, seed: 1));
        Assert.NotEqual(sample, TaskData.Sample(items, 20, seed: 2));
        Assert.Equal(sample, sample.OrderBy(item => Array.IndexOf(items, item)));
        Assert.Subset(TaskData.Sample(items, 40, seed: 1).ToHashSet(), sample.ToHashSet()); // a larger sample contains the smaller
        Assert.Equal(items, TaskData.Sample(items, 500, seed: 1));
    }

    private void Write(string path, string text)
    {
        string full = Path.Combine(_folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }
}
