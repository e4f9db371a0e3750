using Puna.Evaluation;
using Puna.Evaluation.Models;
using Puna.Evaluation.Runs;

namespace Puna.Tests.Evaluation.Runs;

public sealed class AnswerJournalTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("puna-journal-").FullName;

    private string File => System.IO.Path.Combine(_folder, "answers.jsonl");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_was_written_is_there_again_to_the_bit()
    {
        ModelAnswer answer = new() { Text = "é\n\"\\ 🦙", LogLikelihoods = [-1.0 / 3, double.NegativeInfinity, -5e-324], Greedy = [true, false, false], FinishReason = "scored", PromptTokens = 3 };
        using (AnswerJournal journal = new(File)) journal.Add("a", answer);

        using AnswerJournal again = new(File);

        Assert.Equal(answer.Text, again.Find("a")!.Text);
        Assert.Equal(answer.LogLikelihoods, again.Find("a")!.LogLikelihoods);
        Assert.Null(again.Find("b"));
    }

    [Fact]
    public void A_line_cut_at_any_byte_is_dropped_and_the_others_stay()
    {
        using (AnswerJournal journal = new(File))
        {
            journal.Add("a", FakeModel.Text("one"));
            journal.Add("é", FakeModel.Text("zwei ü"));
        }

        byte[] whole = System.IO.File.ReadAllBytes(File);
        int first = Array.IndexOf(whole, (byte)'\n') + 1;
        for (int length = first; length < whole.Length; length++)
        {
            System.IO.File.WriteAllBytes(File, whole[..length]);
            using (AnswerJournal journal = new(File))
            {
                Assert.Equal(1, journal.Count);
                journal.Add("é", FakeModel.Text("zwei ü"));
            }

            Assert.Equal(whole, System.IO.File.ReadAllBytes(File));
        }
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"key\":\"a\",\"answer\":null}")]
    [InlineData("{\"key\":null,\"answer\":{\"text\":\"one\"}}")]
    public void A_whole_line_that_is_no_answer_is_an_error(string line)
    {
        System.IO.File.WriteAllText(File, line + "\n");

        Assert.Contains("line 1", Assert.Throws<EvaluationException>(() => new AnswerJournal(File)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_runs_do_not_write_to_one_journal()
    {
        using AnswerJournal journal = new(File);

        Assert.Contains("another run", Assert.Throws<IOException>(() => new AnswerJournal(File)).Message, StringComparison.Ordinal);
    }
}
