using System.Text;
using System.Text.Json.Nodes;
using Puna.Demo;
using Puna.Extraction;
using Puna.Extraction.Documents;

namespace Puna.Tests.Extraction;

public sealed class DocumentExtractorTests : IDisposable
{
    private readonly PunaModel _model = PunaModel.Load(DemoModel.Path, new PunaModelOptions { Threads = 1 });

    public void Dispose() => _model.Dispose();

    [Fact]
    public async Task Values_come_with_their_places_and_confidence()
    {
        SourceDocument document = new("invoice.txt", await File.ReadAllTextAsync(RepositoryFiles.Find("samples", "extract", "invoice.txt"), TestContext.Current.CancellationToken));

        ExtractionResult result = await Extractor().ExtractAsync(document, TestContext.Current.CancellationToken);

        Assert.Equal(["/vendor", "/invoice_number", "/date", "/customer", "/total", "/currency"], result.Fields.Select(field => field.Pointer));
        Assert.All(result.Fields, field =>
        {
            Assert.InRange(field.Confidence, 0.5, 1);
            Assert.Equal(field.Evidence!.Text, document.Text[field.Evidence.Start..field.Evidence.End]);
        });
    }

    [Fact]
    public async Task A_value_that_the_document_does_not_give_is_marked()
    {
        JsonObject schema = (JsonObject)JsonNode.Parse("{\"type\":\"object\",\"properties\":{\"a\":{\"const\":\"Nowhere\"},\"b\":{\"const\":\"here\"},\"c\":{\"const\":null}},\"required\":[\"a\",\"b\",\"c\"]}")!;

        ExtractionResult result = await new DocumentExtractor(_model, schema).ExtractAsync(new SourceDocument("a", "Not there. Here."), TestContext.Current.CancellationToken);

        Assert.Equal([true, false, false], result.Fields.Select(field => field.IsNotInSource));
        Assert.Equal("Here", result.Fields[1].Evidence!.Text);
    }

    [Fact]
    public async Task Documents_read_side_by_side_have_the_results_they_have_alone()
    {
        SourceDocument[] documents = [.. Enumerable.Range(0, 12).Select(i => new SourceDocument($"{i}", Invoice(i)))];
        DocumentExtractor extractor = Extractor();
        List<ExtractionResult> together = [];
        ExtractionSummary summary = await new ExtractionRun(extractor, 6) { OnResult = together.Add }.RunAsync(documents.Select(d => new DocumentInput(d.Name, d, null)).Append(new DocumentInput("bad", null, "no")), TestContext.Current.CancellationToken);

        Assert.Equal((12, 1), (summary.Extracted, summary.Failed));
        foreach (SourceDocument document in documents)
        {
            ExtractionResult alone = await extractor.ExtractAsync(document, TestContext.Current.CancellationToken);
            Assert.Equal(Line(alone), Line(together.Single(result => result.Document == document.Name)));
        }
    }

    [Fact]
    public async Task A_long_document_is_read_in_parts_and_its_late_values_are_found()
    {
        string filler = string.Concat(Enumerable.Range(0, 60).Select(i => $"Thank you for your visit, we hope to see you again.\n\n"));
        SourceDocument document = new("long", filler + Invoice(3));

        ExtractionResult result = await Extractor(new ExtractionOptions { PartTokens = 160 }).ExtractAsync(document, TestContext.Current.CancellationToken);

        Assert.InRange(result.Parts, 3, 100);
        ExtractedField number = result.Fields.Single(field => field.Pointer == "/invoice_number");
        Assert.Equal("HC-1003", number.Value.GetString());
        Assert.Equal(document.Text.IndexOf("HC-1003", StringComparison.Ordinal), number.Evidence!.Start);
    }

    [Fact]
    public async Task An_answer_that_does_not_end_is_an_error() => Assert.Contains("did not end within 5 tokens",
        (await Assert.ThrowsAsync<ExtractionException>(() => Extractor(new ExtractionOptions { MaxTokens = 5 }).ExtractAsync(new SourceDocument("a", Invoice(1)), TestContext.Current.CancellationToken))).Message, StringComparison.Ordinal);

    [Fact]
    public void Settings_tell_schemas_and_options_apart()
    {
        Assert.Equal(Extractor().SettingsHash, Extractor().SettingsHash);
        Assert.NotEqual(Extractor().SettingsHash, Extractor(new ExtractionOptions { MaxTokens = 99 }).SettingsHash);
        Assert.NotEqual(Extractor().SettingsHash, new DocumentExtractor(_model, new JsonObject { ["type"] = "object" }).SettingsHash);
    }

    private static string Invoice(int i) => $"Invoice number: HC-{1000 + i}\nSeller: Silverline Tools\nIssue date: 2026-03-{10 + i}\nCustomer: Laura Keller\nTotal: {298 + i}.00 EUR\n";

    private static string Line(ExtractionResult result) => Encoding.UTF8.GetString(ExtractionRecord.Write(result, ""));

    private DocumentExtractor Extractor(ExtractionOptions? options = null) =>
        new(_model, (JsonObject)JsonNode.Parse(File.ReadAllText(RepositoryFiles.Find("samples", "extract", "invoice.schema.json")))!, options);
}
