using System.Text.Json;
using Puna.Evaluation.Grading.Fields;

namespace Puna.Tests.Evaluation.Grading.Fields;

public sealed class FieldExtractionTests
{
    private static readonly JsonElement Gold = Json("""
        {"number": "INV-7", "date": "2024-03-05", "total": 1234.5, "paid": false, "note": null,
         "lines": [{"name": "Screw", "price": 2}, {"name": "Nut", "price": 1}]}
        """);

    private static readonly FieldSchema Schema = FieldSchema.Of(Json("""
        {"type": "object", "properties": {"date": {"type": "string", "format": "date"}, "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}}},
         "$defs": {"line": {"type": "object", "properties": {"name": {"enum": ["Screw", "Nut"]}}}}}
        """));

    [Fact]
    public void Values_are_compared_by_kind_and_items_in_their_best_order()
    {
        FieldScore score = FieldExtraction.Grade("""
            ```json
            {"number": " inv-7", "date": "5 March 2024", "total": "1.234,50 €", "paid": false, "note": null,
             "lines": [{"name": "Nut", "price": 1.0}, {"name": "Screw", "price": 2}]}
            ```
            """, Gold, Schema);

        Assert.True(score.WholeDocument);
        Assert.Equal(new FieldCounts(8, 0, 0), score.Normalized);
        Assert.Equal(5, score.Exact.TruePositives); // number, date and total are written otherwise; 1.0 is the JSON number 1
    }

    [Fact]
    public void Wrong_missing_and_invented_fields_count_apart()
    {
        FieldScore score = FieldExtraction.Grade("""{"number": "INV-8", "total": 1234.5, "paid": false, "note": "urgent", "lines": [{"name": "screw", "price": 2}]}""", Gold, Schema);

        // Right: total, paid, lines[].price. Wrong: number, lines[].name (an enumeration is exact). Missing: date, the other line's two. Invented: note.
        Assert.Equal(new FieldCounts(3, 3, 5), score.Normalized);
        Assert.Equal(1, score.Hallucinated);
        Assert.Equal(0.5, score.Normalized.Precision);
        Assert.Equal(3.0 / 8, score.Normalized.Recall);
        Assert.Equal(6.0 / 14, score.Normalized.F1, 12);
        Assert.False(score.WholeDocument);
    }

    [Fact]
    public void An_answer_that_is_no_json_missed_everything()
    {
        FieldScore score = FieldExtraction.Grade("Sorry, I cannot.", Gold);

        Assert.False(score.Parsed);
        Assert.Equal(new FieldCounts(0, 0, 8), score.Normalized);
        Assert.Equal(0, score.Normalized.F1);
    }

    [Fact]
    public void Averages_over_fields_count_every_field_once()
    {
        FieldScore right = FieldExtraction.Grade("""{"a": 1, "b": 2}""", Json("""{"a": 1, "b": 2}""")), half = FieldExtraction.Grade("""{"a": 1}""", Json("""{"a": 1, "b": 2}"""));

        IReadOnlyDictionary<string, double> fields = FieldScore.ByField([right, half]);
        Assert.Equal(1, fields["a"]);
        Assert.Equal(2.0 / 3, fields["b"], 12);
    }

    [Theory]
    [InlineData("1,234.50", 1234.5)]
    [InlineData("1.234,50", 1234.5)]
    [InlineData("1 234,5 €", 1234.5)]
    [InlineData("$1,234", 1234)]
    [InlineData("1.234", 1.234)]
    [InlineData("1.234.567", 1234567)]
    [InlineData("(12)", -12)]
    [InlineData("−3,5", -3.5)]
    [InlineData("2e3", 2000)]
    [InlineData("５", 5)]
    public void Numbers_of_many_countries(string text, double value) => Assert.Equal((decimal)value, FieldValue.Number(text));

    [Theory]
    [InlineData("twelve")]
    [InlineData("")]
    [InlineData("1.2.3,4,5")]
    public void What_is_no_number(string text) => Assert.Null(FieldValue.Number(text));

    [Theory]
    [InlineData("2024-03-05")]
    [InlineData("5.3.2024")]
    [InlineData("March 5, 2024")]
    [InlineData("2024-03-05T10:00:00Z")]
    public void Dates_of_many_forms(string text) => Assert.Equal(new DateOnly(2024, 3, 5), FieldValue.Date(text));

    [Fact]
    public void A_date_that_can_mean_two_days_is_none()
    {
        Assert.Null(FieldValue.Date("03/04/2024"));
        Assert.Equal(new DateOnly(2024, 3, 25), FieldValue.Date("25/03/2024"));
        Assert.Equal(new DateOnly(2024, 3, 25), FieldValue.Date("3/25/2024"));
        Assert.Null(FieldValue.Date("30/30/2024"));
    }

    [Fact]
    public void Evidence_stands_in_the_document_and_holds_the_value()
    {
        const string document = "Invoice INV-7.\nTotal due:  1,234.50 EUR.";

        Assert.True(FieldExtraction.EvidenceHolds(document, "total due: 1,234.50", Json("1234.5")));
        Assert.True(FieldExtraction.EvidenceHolds(document, "Invoice INV-7", Json("\"inv-7\"")));
        Assert.False(FieldExtraction.EvidenceHolds(document, "Total due: 9,999.00", Json("9999")));
        Assert.False(FieldExtraction.EvidenceHolds(document, "Invoice", Json("\"INV-7\"")));
        Assert.False(FieldExtraction.EvidenceHolds(document, " ", Json("\"\"")));
    }

    [Fact]
    public void The_best_pairing_is_found()
    {
        // Taking the largest cell first (9) leaves 0; the best sum is 8 + 8.
        Assert.Equal([1, 0], Assignment.Best(new double[,] { { 9, 8 }, { 8, 0 } }));
        Assert.Equal([0, -1, 1], Assignment.Best(new double[,] { { 5, 0 }, { 1, 1 }, { 0, 5 } }));

        Random random = new(4);
        for (int round = 0; round < 50; round++)
        {
            double[,] values = new double[4, 5];
            for (int i = 0; i < 20; i++) values[i / 5, i % 5] = random.Next(10);
            int[] best = Assignment.Best(values);
            Assert.Equal(4, best.Distinct().Count());
            Assert.Equal(Largest(values, 0, 0), best.Select((column, row) => values[row, column]).Sum());
        }
    }

    private static double Largest(double[,] values, int row, int taken)
    {
        if (row == values.GetLength(0)) return 0;
        return Enumerable.Range(0, values.GetLength(1)).Where(column => (taken & (1 << column)) == 0)
            .Max(column => values[row, column] + Largest(values, row + 1, taken | (1 << column)));
    }

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
