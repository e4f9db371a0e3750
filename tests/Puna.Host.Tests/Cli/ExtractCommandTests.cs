using System.Diagnostics;
using System.Text.Json;
using Puna.Tests;
using Puna.Tests.Formats;

namespace Puna.Host.Tests.Cli;

public sealed class ExtractCommandTests : IDisposable
{
    private const string Schema = """{"type":"object","properties":{"invoice_number":{"type":"string"},"customer":{"type":"string"},"total":{"type":"number"}},"required":["invoice_number","customer","total"]}""";

    private readonly TemporaryFolder _folder = new();

    public ExtractCommandTests() => File.WriteAllText(_folder["schema.json"], Schema);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Killed_it_goes_on_where_it_ended_and_loses_and_repeats_nothing()
    {
        const int Documents = 30;
        File.WriteAllLines(_folder["all.jsonl"], Enumerable.Range(0, Documents).Select(i => $$"""{"id":"{{i}}","text":"Invoice number: HC-{{1000 + i}}\nCustomer: Laura Keller\nTotal: {{20 + i}}.50 EUR"}"""));
        string[] command = ["extract", _folder["all.jsonl"], "--schema", _folder["schema.json"], "--out", _folder["out.jsonl"], "--threads", "1"];
        using (Process process = PunaCommand.Start(command))
        {
            DateTime limit = DateTime.UtcNow.AddSeconds(60);
            while ((!File.Exists(_folder["out.jsonl"]) || new FileInfo(_folder["out.jsonl"]).Length < 3_000) && DateTime.UtcNow < limit && !process.HasExited) Thread.Sleep(5);
            process.Kill();
            process.WaitForExit();
        }

        string[] before = File.ReadAllText(_folder["out.jsonl"]).Split('\n')[..^1]; // behind the last line feed is what was being written
        Assert.InRange(before.Length, 1, Documents - 1);

        PunaCommand.Result result = PunaCommand.Run(command);

        Assert.Equal(0, result.ExitCode);
        Assert.Contains($"{Documents} documents: {Documents - before.Length} extracted, {before.Length} there already, 0 failed", result.Error, StringComparison.Ordinal);
        string[] after = File.ReadAllLines(_folder["out.jsonl"]);
        Assert.Equal(before, after[..before.Length]);
        Assert.Equal(Enumerable.Range(0, Documents).Select(i => $"all.jsonl#{i}").Order(), after.Select(line => Property(line, "document")).Order());

        File.Delete(_folder["out.jsonl"]);
        Assert.Equal(0, PunaCommand.Run(command).ExitCode);
        Assert.Equal(after.Order(), File.ReadAllLines(_folder["out.jsonl"]).Order()); // as if it had never been killed
    }

    [Fact]
    public void A_folder_becomes_a_table_and_failures_are_named()
    {
        Directory.CreateDirectory(_folder["in"]);
        File.WriteAllText(_folder["in/a.txt"], "Invoice number: HC-1\nCustomer: Laura Keller\nTotal: 20.50 EUR");
        File.WriteAllBytes(_folder["in/b.txt"], [0x63, 0xe9]);
        File.WriteAllText(_folder["in/c.csv"], "number,customer,total\nHC-10,Laura Keller,12.00\nHC-11,Max Weber,13.00\n");

        PunaCommand.Result result = PunaCommand.Run("extract", _folder["in"], "--schema", _folder["schema.json"], "--out", _folder["in/out.csv"]);

        Assert.Equal(1, result.ExitCode);
        Assert.Equal("", result.Output);
        Assert.Contains("b.txt: byte 1 (0xe9) is not UTF-8", result.Error, StringComparison.Ordinal);
        Assert.Contains("4 documents: 3 extracted, 1 failed.", result.Error, StringComparison.Ordinal);
        string[] rows = File.ReadAllLines(_folder["in/out.csv"]);
        Assert.Equal("document,invoice_number,customer,total,lowest_confidence,not_in_source", rows[0]);
        Assert.StartsWith("a.txt,HC-1,Laura Keller,20.50,", rows[1], StringComparison.Ordinal);
        Assert.Equal(["c.csv#1", "c.csv#2"], rows[2..].Select(row => row.Split(',')[0]));
        Assert.Equal("b.txt", Property(File.ReadAllText(_folder["in/out.csv.failures.jsonl"]), "document"));

        PunaCommand.Result again = PunaCommand.Run("extract", _folder["in"], "--schema", _folder["schema.json"], "--out", _folder["in/out.csv"]);
        Assert.Contains("4 documents: 0 extracted, 3 there already, 1 failed.", again.Error, StringComparison.Ordinal); // its own files are no documents
    }

    [Fact]
    public void Lines_of_results_go_to_standard_output()
    {
        PunaCommand.Result result = PunaCommand.RunWithInput("Invoice number: HC-1\nCustomer: Laura Keller\nTotal: 20.50 EUR", "extract", "-", "--schema", _folder["schema.json"], "--json");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        using JsonDocument record = JsonDocument.Parse(result.Output);
        JsonElement field = record.RootElement.GetProperty("fields")[0];
        Assert.Equal("HC-1", field.GetProperty("evidence").GetProperty("text").GetString());
        Assert.InRange(field.GetProperty("confidence").GetDouble(), 0.1, 1);
    }

    [Fact]
    public void Standard_input_goes_to_a_file_of_results()
    {
        PunaCommand.Result result = PunaCommand.RunWithInput("Invoice number: HC-1\nCustomer: Laura Keller\nTotal: 20.50 EUR", "extract", "-", "--schema", _folder["schema.json"], "--out", _folder["stdin.jsonl"]);

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("HC-1", Assert.Single(File.ReadAllLines(_folder["stdin.jsonl"])), StringComparison.Ordinal);
    }

    [Fact]
    public void The_folder_that_getting_started_shows_becomes_its_table()
    {
        PunaCommand.Result result = PunaCommand.Run("extract", RepositoryFiles.Find("samples/extract/invoices"), "--schema", RepositoryFiles.Find("samples/extract/invoice.schema.json"), "--out", _folder["invoices.csv"], "--threads", "1");

        Assert.Equal(0, result.ExitCode);
        string guide = File.ReadAllText(RepositoryFiles.Find("docs/getting-started.md"));
        string[] rows = File.ReadAllLines(_folder["invoices.csv"]);
        Assert.Equal(6, rows.Length);
        Assert.All(rows, row => Assert.Contains($"\n| {row.Split(',')[0]} | {row.Split(',')[1]} |", guide, StringComparison.Ordinal)); // what the model makes of the rest is its own
    }

    [Theory]
    [InlineData("nowhere", "out.jsonl", "there is no such file or folder")]
    [InlineData("schema.json", "out.xlsx", "must end in .jsonl or .csv")]
    public void What_cannot_be_is_refused(string source, string output, string error) =>
        Assert.Contains(error, PunaCommand.Run("extract", _folder[source], "--schema", _folder["schema.json"], "--out", _folder[output]).Refused(2), StringComparison.Ordinal);

    private static string Property(string line, string name)
    {
        using JsonDocument record = JsonDocument.Parse(line);
        return record.RootElement.GetProperty(name).GetString()!;
    }
}
