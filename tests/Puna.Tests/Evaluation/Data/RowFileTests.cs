using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Puna.Evaluation;
using Puna.Evaluation.Data;

namespace Puna.Tests.Evaluation.Data;

public sealed class RowFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("puna-rows-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Quoted_fields_hold_separators_quotes_and_line_ends()
    {
        JsonObject[] rows = Read("a.csv", "q,\"A\",B\r\n\"one, \"\"two\"\"\nthree\",,x\r\n\r\nplain \"quote\",2,3");

        Assert.Equal(2, rows.Length);
        Assert.Equal("one, \"two\"\nthree", (string?)rows[0]["q"]);
        Assert.Equal("", (string?)rows[0]["A"]);
        Assert.Equal("plain \"quote\"", (string?)rows[1]["q"]);
        Assert.Equal("3", (string?)rows[1]["B"]);
    }

    [Fact]
    public void A_file_without_header_takes_the_columns_of_its_layout()
    {
        JsonObject[] rows = Read("a.tsv", "say \"x\"\t18\n\"\t2\n", ["question", "answer"]);

        Assert.Equal("say \"x\"", (string?)rows[0]["question"]);
        Assert.Equal("\"", (string?)rows[1]["question"]);
        Assert.Equal("2", (string?)rows[1]["answer"]);
    }

    [Theory]
    [InlineData("a.jsonl", "{\"q\": 1}\n\n{\"q\": [2]}")]
    [InlineData("a.json", " [{\"q\": 1}, {\"q\": [2]}]")]
    public void Lines_and_arrays_of_json_are_rows(string name, string text)
    {
        JsonObject[] rows = Read(name, text);

        Assert.Equal(["{\"q\":1}", "{\"q\":[2]}"], rows.Select(row => row.ToJsonString()));
    }

    [Fact]
    public void A_packed_file_is_read_as_the_plain_one()
    {
        string path = Path.Combine(_folder, "a.jsonl.gz");
        using (GZipStream packed = new(File.Create(path), CompressionLevel.Fastest)) packed.Write("{\"q\":\"é\"}\n"u8);

        Assert.Equal("é", (string?)Assert.Single(RowFile.Read(path))["q"]);
    }

    [Theory]
    [InlineData("a.csv", "a,b\n1,2\n1,2,3\n", "line 3: 3 fields where 2 are expected")]
    [InlineData("a.csv", "a,b\n1,\"2\n", "line 2: the file ends inside a quoted field")]
    [InlineData("a.csv", "a,a\n1,2\n", "two columns are called 'a'")]
    [InlineData("a.jsonl", "{\"a\":1}\n{\"a\":\n", "line 2: not valid JSON")]
    [InlineData("a.jsonl", "{}\n[1]\n", "line 2: not a JSON object")]
    [InlineData("a.jsonl", "{\"a\":1,\"a\":2}\n", "line 1: not valid JSON")]
    [InlineData("a.json", "[{}, 3]", "element 1 is not a JSON object")]
    [InlineData("a.txt", "x", "files of kind '.txt' are not read")]
    [InlineData("a.jsonl.gz", "not packed", "Fetch the file again")]
    public void What_is_wrong_with_a_file_is_said(string name, string text, string expected)
    {
        EvaluationException error = Assert.Throws<EvaluationException>(() => Read(name, text).Select(row => row.ToJsonString()).ToArray());

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_an_error()
    {
        string path = Path.Combine(_folder, "a.csv");
        File.WriteAllBytes(path, [.. "a\n"u8, 0xC3, 0x28, (byte)'\n']);

        Assert.Contains("not UTF-8", Assert.Throws<EvaluationException>(() => RowFile.Read(path).ToArray()).Message, StringComparison.Ordinal);
    }

    private JsonObject[] Read(string name, string text, string[]? columns = null)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text, new UTF8Encoding(false));
        return [.. RowFile.Read(path, columns)];
    }
}
