using System.Text.Json;
using Puna.Extraction;
using Puna.Extraction.Documents;
using Puna.Tests.Formats;

namespace Puna.Tests.Extraction;

public sealed class ExtractionJournalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Results_are_found_by_name_and_text_after_a_restart()
    {
        SourceDocument document = new("a.txt", "text");
        using (ExtractionJournal journal = Open()) journal.Add(Result("a.txt", document.Hash, "{\"x\":1}"));

        using ExtractionJournal again = Open();
        Assert.True(again.Has(document));
        Assert.False(again.Has(new SourceDocument("a.txt", "other text")));
    }

    [Fact]
    public void The_same_text_under_another_name_needs_no_model()
    {
        SourceDocument document = new("a.txt", "text");
        using (ExtractionJournal journal = Open())
        {
            journal.Add(Result("a.txt", document.Hash, "{\"x\":1}"));
            Assert.True(journal.Has(new SourceDocument("b.txt", "text")));
        }

        string[] lines = File.ReadAllLines(_folder["r.jsonl"]);
        Assert.Equal(2, lines.Length);
        Assert.Equal(lines[0].Replace("a.txt", "b.txt", StringComparison.Ordinal), lines[1]);
    }

    [Fact]
    public void A_line_that_was_being_written_is_dropped_wherever_it_was_cut()
    {
        using (ExtractionJournal journal = Open())
        {
            journal.Add(Result("a.txt", "h1", "{\"x\":1}"));
            journal.Add(Result("b.txt", "h2", "{\"x\":\"ü\"}"));
        }

        byte[] whole = File.ReadAllBytes(_folder["r.jsonl"]);
        int first = Array.IndexOf(whole, (byte)'\n') + 1;
        for (int length = 0; length < whole.Length; length += 7)
        {
            _folder.Write("r.jsonl", whole[..length]);
            using (ExtractionJournal journal = Open()) Assert.Equal(length >= first ? 1 : 0, journal.Count);
            Assert.Equal(length >= first ? first : 0, new FileInfo(_folder["r.jsonl"]).Length);
        }
    }

    [Theory]
    [InlineData("something else")]
    [InlineData("something else\n")]
    [InlineData("{\"document\":\"a\"}\n")]
    [InlineData("{\"document\":\"a\",\"hash\":\"h\",\"settings\":\"another\"}\n")]
    public void A_file_of_something_else_is_refused_and_left_as_it_is(string content)
    {
        _folder.Write("r.jsonl", System.Text.Encoding.UTF8.GetBytes(content));

        Assert.Throws<ExtractionException>(Open);
        Assert.Equal(content, File.ReadAllText(_folder["r.jsonl"]));
    }

    [Fact]
    public void Two_runs_cannot_write_to_one_file()
    {
        using ExtractionJournal journal = Open();

        Assert.Contains("another extraction", Assert.Throws<IOException>(Open).Message, StringComparison.Ordinal);
    }

    internal static ExtractionResult Result(string document, string hash, string value) => new(document, hash, JsonDocument.Parse(value).RootElement, [], 1, 1, 1);

    private ExtractionJournal Open() => new(_folder["r.jsonl"], "s");
}
