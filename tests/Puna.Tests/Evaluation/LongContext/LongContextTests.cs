using System.Text.Json.Nodes;
using Puna.Evaluation;
using Puna.Evaluation.Data;
using Puna.Evaluation.LongContext;
using Puna.Evaluation.Models;
using Puna.Evaluation.Reports;
using Puna.Evaluation.Runs;
using Puna.Evaluation.Tasks;

namespace Puna.Tests.Evaluation.LongContext;

public sealed class LongContextTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("puna-long-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string> Tasks => [.. LongContextData.RulerNames];

    [Fact]
    public void There_are_thirteen_tasks() => Assert.Equal(13, LongContextData.RulerNames.Distinct().Count());

    [Theory, MemberData(nameof(Tasks))]
    public void Questions_fill_their_length_and_hold_their_answers(string task)
    {
        foreach (int length in (int[])[1024, 4096, 16384])
        {
            JsonObject[] rows = [.. LongContextData.Ruler(Settings(length) with { Count = 2 }, [task])];

            Assert.Equal(2, rows.Length);
            Assert.NotEqual((string)rows[0]["prompt"]!, (string)rows[1]["prompt"]!);
            foreach (JsonObject row in rows)
            {
                string prompt = (string)row["prompt"]!, prefix = (string)row["prefix"]!;
                int tokens = Words(prompt + prefix) + (int)row["max_tokens"]!;
                Assert.InRange(tokens, length - (length / 16) - 64, length); // the unit of a text is a sentence, a line or a document
                Assert.All(References(row), reference => Assert.Contains(reference, prompt, StringComparison.Ordinal));
                Assert.DoesNotContain(References(row)[0], prefix, StringComparison.Ordinal);
                Assert.Equal($"{task} | {length}", (string)row["group"]!);
            }
        }
    }

    [Theory]
    [InlineData("niah_multivalue", 4)]
    [InlineData("niah_multiquery", 4)]
    [InlineData("niah_multikey_2", 1)]
    [InlineData("vt", 5)]
    [InlineData("cwe", 10)]
    [InlineData("fwe", 3)]
    public void Tasks_ask_for_as_much_as_rulers(string task, int references) => Assert.Equal(references, References(LongContextData.Ruler(Settings(4096), [task]).First()).Length);

    [Fact]
    public void The_words_that_are_asked_for_are_the_most_frequent_ones()
    {
        foreach (string task in (string[])["cwe", "fwe"])
        {
            JsonObject row = LongContextData.Ruler(Settings(4096), [task]).First();
            string question = ((string)row["prompt"]!).Split("\n\n")[^1]; // behind the example
            Dictionary<string, int> counts = question.Split([' ', '\n', '.'], StringSplitOptions.RemoveEmptyEntries).Where(word => word.Length == 6 && word.All(char.IsAsciiLetterLower)).CountBy(word => word).ToDictionary();
            string[] references = References(row);
            Assert.True(references.Min(word => counts[word]) > counts.Where(word => !references.Contains(word.Key)).Max(word => word.Value));
        }
    }

    [Fact]
    public void The_same_seed_makes_the_same_rows_and_another_one_others()
    {
        string Rows(ulong seed) => string.Join('\n', LongContextData.Ruler(Settings(1024) with { Seed = seed }).Select(row => row.ToJsonString()));

        Assert.Equal(Rows(1), Rows(1));
        Assert.NotEqual(Rows(1), Rows(2));
    }

    [Fact]
    public void Needles_lie_at_their_depth_in_the_given_text()
    {
        string text = string.Join(' ', Enumerable.Range(0, 50).Select(i => $"This is sentence {i} of the book."));
        foreach (JsonObject row in LongContextData.Needles(Settings(2048) with { Text = text, Count = 2 }, [0, 25, 100]))
        {
            string[] sentences = ((string)row["prompt"]!).Split("\n\n")[1].Split(". ");
            int at = Array.FindIndex(sentences, sentence => sentence.Contains(References(row)[0], StringComparison.Ordinal));
            double depth = double.Parse(((string)row["group"]!).Split(' ')[0]);
            Assert.Equal(depth / 100, (double)at / (sentences.Length - 1), 2);
            Assert.Contains("of the book", sentences[^2], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_grid_of_needles_shows_where_a_model_forgets()
    {
        using (StreamWriter writer = new(Path.Combine(_folder, "test.jsonl")))
        {
            foreach (JsonObject row in LongContextData.Needles(Settings(512) with { Lengths = [512, 1024], Chat = true }, [0, 50, 100])) await writer.WriteLineAsync(row.ToJsonString());
        }

        PreparedRun run = PreparedRun.Of(EvaluationTasks.Find("puna/needle"), new RunSettings { Data = _folder });
        FakeModel forgetful = new((index, _) => FakeModel.Text(run.Items[index].Group == "50 % | 1024" ? "I forgot." : $"It is {run.Items[index].Texts("references")[0]}."));
        string folder = Path.Combine(_folder, "run");

        RunOutcome outcome = await EvaluationRun.ExecuteAsync(run, forgetful, folder);

        Assert.Equal(["50 % | 1024"], outcome.Summary.Metrics[0].Groups.Where(group => group.Mean < 1).Select(group => group.Group));
        Assert.Equal(5.0 / 6, outcome.Summary.Metrics[0].Micro, 12);
        string html = EvaluationReport.Html(folder);
        Assert.Contains("<th>depth, by tokens</th>", html);
        Assert.Contains("class=\"heat\"", html);
        Assert.Contains("class=\"v0\"", html);
    }

    [Fact]
    public void Rows_for_another_kind_of_model_are_refused()
    {
        JsonObject row = LongContextData.Needles(Settings(512)).First();

        Assert.Contains("continue text", Assert.Throws<EvaluationException>(() => EvaluationTasks.Find("puna/needle").Read(row, new RowPlace("test", 0, 0))).Message);
        Assert.NotNull(EvaluationTasks.Find("puna/needle-base").Read(row, new RowPlace("test", 0, 0)));
    }

    [Fact]
    public void What_cannot_be_made_is_refused()
    {
        Assert.Contains("no task 'niah'", Assert.Throws<EvaluationException>(() => LongContextData.Ruler(Settings(4096), ["niah"])).Message);
        Assert.Contains("Length 100", Assert.Throws<EvaluationException>(() => LongContextData.Ruler(Settings(100))).Message);
        Assert.Contains("Depths", Assert.Throws<EvaluationException>(() => LongContextData.Needles(Settings(4096), [101])).Message);
        Assert.Contains("sentences", Assert.Throws<EvaluationException>(() => LongContextData.Needles(Settings(4096) with { Text = "One. Two." })).Message);
    }

    [Fact]
    public void LongBench_is_asked_as_its_authors_ask_and_without_its_text_as_a_control()
    {
        PreparedRun with = PreparedRun.Of(EvaluationTasks.Find("orig/longbench-v2"), new RunSettings()), without = PreparedRun.Of(EvaluationTasks.Find("orig/longbench-v2-no-context"), new RunSettings());

        Assert.StartsWith("Please read the following text and answer the question below.\n\n<text>\nTowards evening", with.Requests[0].Turns[0].Text);
        Assert.EndsWith("Choices:\n(A) A quilt\n(B) A boat\n(C) A bell\n(D) Nothing\n\nFormat your response as follows: \"The correct answer is (insert answer here)\".", with.Requests[0].Turns[0].Text);
        Assert.StartsWith("What is the correct answer to this question: What did the ferryman sell?", without.Requests[0].Turns[0].Text);
        Assert.True(with.Requests[0].CutsMiddle);
    }

    private static LongContextSettings Settings(int length) => new() { Lengths = [length], CountTokens = request => Words((request.Prompt ?? request.Turns[0].Text) + request.Prefill), Chat = false, Count = 1 };

    private static int Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;

    private static string[] References(JsonObject row) => [.. row["references"]!.AsArray().Select(reference => (string)reference!)];
}
