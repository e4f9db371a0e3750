using System.Text.Json;
using Puna.Extraction.Documents;
using Puna.Extraction.Evidence;

namespace Puna.Tests.Extraction.Evidence;

public sealed class EvidenceFinderTests
{
    [Theory]
    [InlineData("Seller: Silverline Tools", "\"Silverline Tools\"", "Silverline Tools", EvidenceMatch.Exact)]
    [InlineData("SILVERLINE\n   Tools Ltd", "\"Silverline tools\"", "SILVERLINE\n   Tools", EvidenceMatch.Spelling)]
    [InlineData("the “big” one – O’Neil", "\"\\\"big\\\" one - O'Neil\"", "“big” one – O’Neil", EvidenceMatch.Spelling)]
    [InlineData("soft\u00ADhyphen", "\"softhyphen\"", "soft\u00ADhyphen", EvidenceMatch.Spelling)]
    [InlineData("Total 298.00", "298.00", "298.00", EvidenceMatch.Exact)]
    [InlineData("Total 298.00", "298", "298.00", EvidenceMatch.Number)]
    [InlineData("1.234,50 EUR", "1234.5", "1.234,50", EvidenceMatch.Number)]
    [InlineData("1,234.50 USD", "1234.5", "1,234.50", EvidenceMatch.Number)]
    [InlineData("CHF 1'234.50", "1234.5", "1'234.50", EvidenceMatch.Number)]
    [InlineData("1 234,50 zł", "1234.5", "1 234,50", EvidenceMatch.Number)]
    [InlineData("12,34,567 rupees", "1234567", "12,34,567", EvidenceMatch.Number)]
    [InlineData("1,234 or so", "1234", "1,234", EvidenceMatch.Number)]
    [InlineData("1,234 or so", "1.234", "1,234", EvidenceMatch.Number)]
    [InlineData("took 3012ms", "3012", "3012", EvidenceMatch.Exact)]
    [InlineData("rate 15 %", "0.15", "15 %", EvidenceMatch.Number)]
    [InlineData("loss (1,500)", "-1500", "(1,500)", EvidenceMatch.Number)]
    [InlineData("at −12,5 °C", "-12.5", "−12,5", EvidenceMatch.Number)]
    [InlineData("on 12.03.2026", "2026", "2026", EvidenceMatch.Number)]
    [InlineData("costs 298,00", "\"298.00\"", "298,00", EvidenceMatch.Number)]
    [InlineData("on 14.03.2026", "\"2026-03-14\"", "14.03.2026", EvidenceMatch.Date)]
    [InlineData("on 3/14/26", "\"2026-03-14\"", "3/14/26", EvidenceMatch.Date)]
    [InlineData("on March 14th, 2026", "\"2026-03-14\"", "March 14th, 2026", EvidenceMatch.Date)]
    [InlineData("am 14. März 2026", "\"2026-03-14\"", "14. März 2026", EvidenceMatch.Date)]
    [InlineData("14-Mar-2026", "\"2026-03-14\"", "14-Mar-2026", EvidenceMatch.Date)]
    [InlineData("2026/3/14 at 8:15", "\"2026-03-14T08:15:00Z\"", "2026/3/14 at 8:15", EvidenceMatch.Date)]
    [InlineData("active: True", "true", "True", EvidenceMatch.Spelling)]
    public void Values_are_found_however_they_are_written(string text, string value, string found, EvidenceMatch match)
    {
        FieldEvidence? evidence = Find(text, value);

        Assert.NotNull(evidence);
        Assert.Equal((found, match), (evidence.Text, evidence.Match));
        Assert.Equal(found, text[evidence.Start..evidence.End]);
    }

    [Theory]
    [InlineData("Silverline Tools", "\"Silver Tools\"")]
    [InlineData("category", "\"cat\"")]
    [InlineData("order 12345", "234")]
    [InlineData("Total 298.98", "98")]
    [InlineData("Total 298.98", "298")]
    [InlineData("Total 298.98", "\"98\"")]
    [InlineData("on 2026-03-14", "-14")]
    [InlineData("at -5 degrees", "5")]
    [InlineData("1.298,00 EUR", "1.298")]
    [InlineData("1,23,4 things", "1234")]
    [InlineData("on 14.03.2026", "\"2026-03-15\"")]
    [InlineData("on 31.02.2026", "\"2026-02-31\"")]
    [InlineData("2026-03-14 at 18:15", "\"2026-03-14T08:15:00\"")]
    [InlineData("inactive", "true")]
    [InlineData("null", "null")]
    [InlineData("anything", "\" \"")]
    public void What_the_text_does_not_say_is_not_found(string text, string value) => Assert.Null(Find(text, value));

    [Fact]
    public void Of_several_places_the_one_whose_line_names_the_field_is_taken()
    {
        const string Text = "Items: 5\nDays late: 5\nTotal: 5";

        Assert.Equal(1, Find(Text, "5")!.Line);
        Assert.Equal(3, Find(Text, "5", "grandTotal")!.Line);
        Assert.Equal(2, Find(Text, "5", "days_late")!.Line);
    }

    [Fact]
    public void Places_have_lines_and_pages()
    {
        SourceDocument document = new("a.pdf", "one\ntwo\n\nthree\nfour", [0, 9]);
        using JsonDocument value = JsonDocument.Parse("\"four\"");

        FieldEvidence evidence = new EvidenceFinder(document).Find(value.RootElement, "")!;

        Assert.Equal((2, 2), (evidence.Page, evidence.Line));
    }

    [Fact]
    public void Long_hostile_texts_take_linear_time()
    {
        string text = string.Concat(Enumerable.Repeat("1.1,1'1 11 ", 100_000)) + new string('9', 500_000) + string.Concat(Enumerable.Repeat("aaab", 100_000));
        EvidenceFinder finder = new(new SourceDocument("a", text));
        System.Diagnostics.Stopwatch watch = System.Diagnostics.Stopwatch.StartNew();
        foreach (string value in (string[])["7", "\"aaaa\"", "\"2026-01-01\"", "123456.5", "\"a b\""])
        {
            using JsonDocument json = JsonDocument.Parse(value);
            Assert.Null(finder.Find(json.RootElement, "some_field"));
        }

        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 20);
    }

    private static FieldEvidence? Find(string text, string value, string field = "")
    {
        using JsonDocument json = JsonDocument.Parse(value);
        return new EvidenceFinder(new SourceDocument("a", text)).Find(json.RootElement, field);
    }
}
