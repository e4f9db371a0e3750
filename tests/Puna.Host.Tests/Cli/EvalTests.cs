using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Puna.Tests.Formats;

namespace Puna.Host.Tests.Cli;

/// <summary><c>puna eval</c>, as processes.</summary>
public sealed class EvalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_run_that_is_killed_twenty_times_ends_with_the_files_of_one_that_is_not()
    {
        string data = _folder.Write("test.jsonl", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 300).Select(Question))));
        string whole = _folder["whole"], killed = _folder["killed"];
        PunaCommand.Run(Arguments(data, whole)).Done();

        Random random = new(3);
        string journal = Path.Combine(killed, "answers.jsonl");
        int kills = 0;
        for (; kills < 20; kills++)
        {
            long enough = Length(journal) + random.Next(1, 3500); // some 300 bytes an answer; often in the middle of a line's group
            using Process process = PunaCommand.Start(Arguments(data, killed));
            while (!process.HasExited && Length(journal) < enough) Thread.Sleep(1);
            if (process.HasExited) break;
            process.Kill();
            process.WaitForExit();
        }

        PunaCommand.Result last = PunaCommand.Run(Arguments(data, killed));
        last.Done();

        Assert.Equal(20, kills);
        Assert.Contains("answers are there from before", last.Error, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllText(Path.Combine(whole, "results.jsonl")), File.ReadAllText(Path.Combine(killed, "results.jsonl")));
        Assert.Equal(File.ReadAllText(Path.Combine(whole, "summary.json")), File.ReadAllText(Path.Combine(killed, "summary.json")));
        string[] keys = [.. File.ReadLines(journal).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("key").GetString()!)];
        Assert.Equal(300, keys.Length); // none lost, none twice
        Assert.Equal(300, keys.Distinct().Count());
    }

    [Fact]
    public void A_repeated_run_is_the_same_to_the_bit_and_what_has_changed_is_named()
    {
        string data = _folder.Write("test.jsonl", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 40).Select(Question))));
        string output = _folder["out"];
        PunaCommand.Run(Arguments(data, output)).Done();

        Assert.Contains("All 40 results are the same to the bit.", PunaCommand.Run("eval", "repeat", output, "--batch", "13", "--threads", "1", "--shuffle", "5").Done(), StringComparison.Ordinal);

        File.WriteAllText(data, File.ReadAllText(data).Replace("Who is 7?", "Who is seven?", StringComparison.Ordinal));
        PunaCommand.Result changed = PunaCommand.Run("eval", "repeat", output);
        Assert.Equal(1, changed.ExitCode);
        Assert.Contains("data.files.test.jsonl was", changed.Output, StringComparison.Ordinal);
        Assert.Contains("data.item_contents was", changed.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("model.", changed.Output, StringComparison.Ordinal);
        Assert.Contains("1 of 40 results differ, first q7 (time 1): item_hash was", PunaCommand.Run("eval", "repeat", output, "--anyway").Output, StringComparison.Ordinal);

        PunaCommand.Result other = PunaCommand.Run([.. Arguments(data, output)]);
        Assert.Equal(2, other.ExitCode);
        Assert.Contains("holds another run: recipe.prompts was", other.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_recipe_is_listed_and_an_unknown_one_is_answered_with_those_like_it()
    {
        Assert.Contains("lmeval/mmlu ", PunaCommand.Run("eval", "list").Done(), StringComparison.Ordinal);

        PunaCommand.Result unknown = PunaCommand.Run("eval", "run", "mmlu");
        Assert.Equal(2, unknown.ExitCode);
        Assert.Contains("Is lmeval/mmlu or ", unknown.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_recipe_for_base_models_is_refused_for_an_instruct_model()
    {
        PunaCommand.Result refused = PunaCommand.Run("eval", "run", "meta/mmlu-5shot");

        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("--any-variant", refused.Error, StringComparison.Ordinal);
        Assert.Contains("meta/mmlu-5shot[smoke]", PunaCommand.Run("eval", "run", "meta/mmlu-5shot", "--any-variant", "--json").Done(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_asks_what_there_is_data_for_and_says_what_it_leaves_out()
    {
        Directory.CreateDirectory(_folder["data/arc/ARC-Easy"]);
        _folder.Write("data/arc/ARC-Easy/test.jsonl", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 30).Select(Question))));
        PunaCommand.Result plan = PunaCommand.Run("eval", "run", "--plan", "smoke", "--data", _folder["data"], "--out", _folder["plan"], "--json");

        string line = Assert.Single(plan.Done().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal("lmeval/arc_easy[n=10,seed=0]", JsonDocument.Parse(line).RootElement.GetProperty("label").GetString());
        Assert.True(File.Exists(Path.Combine(_folder["plan"], "lmeval_arc_easy", "summary.json")));
        Assert.Contains("left out lmeval/mmlu: there is no folder", plan.Error, StringComparison.Ordinal);
        Assert.Contains("left out lmeval/arc_challenge: ", plan.Error, StringComparison.Ordinal); // ARC-Easy is another set
        Assert.Contains("lmeval/arc_easy[n=10,seed=0]: 10 questions, ", plan.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_estimate_asks_nothing_and_too_much_cost_needs_a_yes()
    {
        string estimate = PunaCommand.Run("eval", "run", "lmeval/gsm8k", "--estimate", "--out", _folder["none"]).Done();
        Assert.Contains("at most 1,280 written; ", estimate, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["none"]));

        string[] hosted = ["eval", "run", "simple/mmlu", "--endpoint", "http://127.0.0.1:9/v1", "--remote-model", "m", "--variant", "instruct", "--attempts", "1", "--price-out", "1000"];
        PunaCommand.Result refused = PunaCommand.Run(hosted);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("This may cost up to 16.38, and --cost-limit is 5.", refused.Error, StringComparison.Ordinal);
        Assert.Contains("8 of 8 questions have no answer", PunaCommand.Run([.. hosted, "--yes"]).Error, StringComparison.Ordinal); // it asked
    }

    [Fact]
    public void Answers_of_the_cache_are_those_of_the_model()
    {
        string cache = _folder["cache"], first = _folder["first"], second = _folder["second"];
        PunaCommand.Run("eval", "run", "lmeval/arc_easy", "--cache", cache, "--out", first).Done();
        PunaCommand.Run("eval", "run", "lmeval/arc_easy", "--cache", cache, "--out", second).Done();

        Assert.Equal(File.ReadAllText(Path.Combine(first, "results.jsonl")), File.ReadAllText(Path.Combine(second, "results.jsonl")));
        Assert.Equal(5, File.ReadLines(Path.Combine(cache, "answers.jsonl")).Count());
    }

    private static string[] Arguments(string data, string output) => ["eval", "run", "lmeval/arc_easy", "--data", data, "--out", output, "--batch", "2", "--threads", "1"];

    private static string Question(int i) =>
        $"{{\"id\":\"q{i}\",\"question\":\"Who is {i}?\",\"choices\":{{\"text\":[\"number {i}\",\"number {i + 1}\",\"nobody\"],\"label\":[\"A\",\"B\",\"C\"]}},\"answerKey\":\"A\"}}\n";

    private static long Length(string path) => File.Exists(path) ? new FileInfo(path).Length : 0;
}
