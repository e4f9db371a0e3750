using System.Text;
using System.Text.Json.Nodes;
using Puna.Extraction;
using Puna.Extraction.Documents;
using Puna.Tests.Formats;

namespace Puna.Tests.Extraction;

public sealed class ExtractionTableTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Columns_are_the_schema_s_properties_with_those_of_inner_objects() => Assert.Equal(
        ["document", "a", "o.x", "o.y", "list", "lowest_confidence", "not_in_source"],
        Table("{\"properties\":{\"a\":{},\"o\":{\"properties\":{\"x\":{},\"y\":{}}},\"list\":{\"type\":\"array\"}}}").Columns);

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("say \"hi\"", "\"say \"\"hi\"\"\"")]
    [InlineData("two\nlines", "\"two\nlines\"")]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("  =1+1", "'  =1+1")]
    [InlineData("+49 30", "'+49 30")]
    [InlineData("-cmd", "'-cmd")]
    [InlineData("@sum", "'@sum")]
    [InlineData("\tx", "\"'\tx\"")]
    [InlineData("＝1", "'＝1")]
    public void Text_is_quoted_and_cannot_become_a_formula(string text, string cell) => Assert.Equal(cell + "\r\n", ExtractionTable.Row([ExtractionTable.TextCell(text)]));

    [Fact]
    public void Rows_come_back_as_they_were()
    {
        JsonObject schema = (JsonObject)JsonNode.Parse("{\"properties\":{\"name\":{},\"n\":{},\"list\":{}}}")!;
        using (ExtractionJournal journal = new(_folder["r.jsonl"], "s"))
        {
            journal.Add(ExtractionJournalTests.Result("b.txt", "h1", "{\"name\":\"x, \\\"y\\\"\\nz\",\"n\":-5,\"list\":[1,2]}"));
            journal.Add(ExtractionJournalTests.Result("a.txt", "h2", "{\"name\":null}"));
            new ExtractionTable(schema).Write(_folder["r.csv"], journal, [("a.txt", "h2"), ("b.txt", "h1"), ("gone.txt", "h3")]);
        }

        Assert.Equal("document,name,n,list,lowest_confidence,not_in_source\r\na.txt,,,,,\r\nb.txt,\"x, \"\"y\"\"\nz\",-5,\"[1,2]\",,\r\n", File.ReadAllText(_folder["r.csv"]));
        DocumentInput[] rows = [.. new DocumentReader().Read(_folder["r.csv"], "r.csv")];
        Assert.Equal("document: b.txt\nname: x, \"y\"\nz\nn: -5\nlist: [1,2]\n", rows[1].Document!.Text);
        Assert.Equal(["r.csv", "r.jsonl"], _folder.Names());
    }

    private static ExtractionTable Table(string schema) => new((JsonObject)JsonNode.Parse(Encoding.UTF8.GetBytes(schema))!);
}
