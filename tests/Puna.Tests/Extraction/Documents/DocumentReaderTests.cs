using System.Text;
using Puna.Extraction.Documents;
using Puna.Tests.Formats;

namespace Puna.Tests.Extraction.Documents;

public sealed class DocumentReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Limits_that_take_nothing_are_refused_by_name()
    {
        DocumentLimits good = new();
        foreach ((string name, DocumentLimits bad) in ((string, DocumentLimits)[])
        [
            ("FileBytes", good with { FileBytes = 0 }), ("FileBytes", good with { FileBytes = long.MaxValue }), ("Characters", good with { Characters = 0 }), ("PdfPages", good with { PdfPages = 0 }),
            ("PdfUnpackedBytes", good with { PdfUnpackedBytes = -1 }), ("PdfTime", good with { PdfTime = TimeSpan.Zero }), ("PdfTime", good with { PdfTime = TimeSpan.MaxValue }), ("CsvFields", good with { CsvFields = 0 }),
        ])
        {
            Assert.Equal(name, Assert.Throws<ArgumentOutOfRangeException>(() => new DocumentReader(bad)).ParamName);
        }
    }

    [Theory]
    [InlineData("plain é\n", "plain é\n")]
    [InlineData("\uFEFFwith a mark", "with a mark")]
    public void Text_is_utf8_with_or_without_a_mark(string written, string read) => Assert.Equal(read, Read("a.md", Encoding.UTF8.GetBytes(written)).Document!.Text);

    [Fact]
    public void Text_may_be_utf16_with_a_mark()
    {
        Assert.Equal("grün", Read("a.txt", [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes("grün")]).Document!.Text);
        Assert.Equal("grün", Read("a.txt", [.. Encoding.BigEndianUnicode.Preamble, .. Encoding.BigEndianUnicode.GetBytes("grün")]).Document!.Text);
    }

    [Fact]
    public void Other_encodings_and_binary_files_are_refused_with_the_byte()
    {
        Assert.Contains("byte 3 (0xe9) is not UTF-8", Read("a.txt", Encoding.Latin1.GetBytes("café")).Error, StringComparison.Ordinal);
        Assert.Contains("damaged", Read("a.txt", [0xff, 0xfe, 0x00, 0xd8]).Error, StringComparison.Ordinal);
        Assert.Contains("binary", Read("a.txt", "a\0b"u8.ToArray()).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_huge_file_is_refused_before_it_is_read()
    {
        string path = _folder["huge.txt"];
        using (FileStream file = File.Create(path)) file.SetLength(64L << 30); // takes no room: a file of one hole
        long before = GC.GetAllocatedBytesForCurrentThread();

        DocumentInput input = Assert.Single(new DocumentReader().Read(path, "huge.txt"));

        Assert.Contains($"{64L << 30} bytes", input.Error, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Rows_of_a_table_are_documents()
    {
        DocumentInput[] rows = ReadAll("a.csv", "name;note\r\n\"Ann \"\"A\"\"\";\"two\nlines; one\"\r\n\r\nBob;\r\ntoo;many;fields\r\n");

        Assert.Equal(["a.csv#1", "a.csv#3", "a.csv#4"], rows.Select(row => row.Name));
        Assert.Equal("name: Ann \"A\"\nnote: two\nlines; one\n", rows[0].Document!.Text);
        Assert.Equal("name: Bob\n", rows[1].Document!.Text);
        Assert.Equal("the record has 3 fields, the header 2.", rows[2].Error);
    }

    [Fact]
    public void A_quote_within_a_bare_field_is_a_character()
    {
        DocumentInput[] rows = ReadAll("a.csv", "item,size \"in\"\na,5\" pipe\n\"b\",6\" pipe\n");

        Assert.Equal(["item: a\nsize \"in\": 5\" pipe\n", "item: b\nsize \"in\": 6\" pipe\n"], rows.Select(row => row.Document?.Text));
    }

    [Fact]
    public void Records_tell_how_far_the_file_is_read()
    {
        string content = string.Concat(Enumerable.Repeat("\"a line of text\"\n", 20_000));
        long[] positions = [.. ReadAll("a.jsonl", content).Select(input => input.Position)];

        Assert.Equal(positions.Order(), positions);
        Assert.InRange(positions[0], 1, content.Length / 2);
        Assert.Equal(content.Length, positions[^1]);
    }

    [Theory]
    [InlineData("a,b\n1,\"open", "quote that is not closed")]
    [InlineData("", "empty")]
    [InlineData("a,b\n1,\0\n", "NUL")]
    public void A_broken_table_ends_with_an_error(string text, string error) => Assert.Contains(error, ReadAll("a.csv", text)[^1].Error, StringComparison.Ordinal);

    [Fact]
    public void Bad_encoding_in_a_table_is_an_error()
    {
        string path = _folder.Write("a.csv", [.. "a,b\n1,"u8, 0xff, (byte)'\n']);

        Assert.Contains("not UTF-8", new DocumentReader().Read(path, "a.csv").Last().Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_of_json_are_documents_and_a_bad_one_is_one_failure()
    {
        DocumentInput[] lines = ReadAll("a.jsonl", "\"just text\"\n{\"id\":\"x7\",\"text\":\"of an object\"}\n{\"a\": 1}\nno json\n{\"text\":\"\\ud800\"}\n\n{\"a\":1,\"a\":2}\n[1]");

        Assert.Equal(["a.jsonl#1", "a.jsonl#x7", "a.jsonl#3", "a.jsonl#4", "a.jsonl#5", "a.jsonl#7", "a.jsonl#8"], lines.Select(line => line.Name));
        Assert.Equal(["just text", "of an object", "{\"a\": 1}", null, null, null, "[1]"], lines.Select(line => line.Document?.Text));
        Assert.Contains("half a surrogate pair", lines[4].Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_or_record_that_is_too_long_is_refused_and_not_kept()
    {
        DocumentReader reader = new(new DocumentLimits { Characters = 100 });
        DocumentInput[] lines = [.. reader.Read(_folder.Write("a.jsonl", Encoding.UTF8.GetBytes($"\"{new string('x', 500_000)}\"\n\"ok\"\n")), "a.jsonl")];
        DocumentInput[] rows = [.. reader.Read(_folder.Write("a.csv", Encoding.UTF8.GetBytes($"a\n\"{new string('x', 500_000)}")), "a.csv")];

        Assert.Contains("longer than 400 bytes", lines[0].Error, StringComparison.Ordinal);
        Assert.Equal("ok", lines[1].Document!.Text);
        Assert.Contains("longer than 100 characters", Assert.Single(rows).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_gives_its_known_files_sorted_without_links_and_hidden_ones()
    {
        Directory.CreateDirectory(_folder["sub"]);
        foreach (string name in (string[])["b.txt", "a.PDF", "sub/c.md", ".hidden.txt", "d.exe"]) _folder.Write(name, [1]);
        File.CreateSymbolicLink(_folder["link.txt"], "/etc/hostname");

        Assert.Equal(["a.PDF", "b.txt", "sub/c.md"], DocumentReader.FindFiles(_folder.Root).Select(path => Path.GetRelativePath(_folder.Root, path)));
    }

    private DocumentInput Read(string name, byte[] content) => Assert.Single(new DocumentReader().Read(_folder.Write(name, content), name));

    private DocumentInput[] ReadAll(string name, string content) => [.. new DocumentReader().Read(_folder.Write(name, Encoding.UTF8.GetBytes(content)), name)];
}
