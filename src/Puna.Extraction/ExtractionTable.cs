using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Puna.Formats;

namespace Puna.Extraction;

/// <summary>
/// Results as a CSV table (RFC 4180, UTF-8): the document, a column for each property of the schema (those of inner objects with their
/// path, arrays as JSON), the lowest confidence, and which fields are not in the source. Text that a spreadsheet would take for a formula
/// has an apostrophe in front.
/// </summary>
public sealed class ExtractionTable
{
    private const int MaxDepth = 16;
    private const string Whole = "value"; // the column of a schema that names no property

    private static readonly SearchValues<char> FormulaStarts = SearchValues.Create("=+-@|\uFF1D\uFF0B\uFF0D\uFF20");
    private static readonly SearchValues<char> Quoted = SearchValues.Create(",;\"\r\n\t");

    private readonly List<string[]> _columns = [];

    /// <summary>The table of a schema.</summary>
    public ExtractionTable(JsonObject schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        AddColumns(schema, []);
        Columns = ["document", .. _columns.Select(path => path.Length == 0 ? Whole : string.Join('.', path)), "lowest_confidence", "not_in_source"];
    }

    /// <summary>Names of the columns.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>Writes the results of documents, in their order; the file is replaced when it is whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="journal">Where the results are.</param>
    /// <param name="documents">Name and hash of each document.</param>
    public void Write(string path, ExtractionJournal journal, IEnumerable<(string Name, string Hash)> documents)
    {
        ArgumentNullException.ThrowIfNull(journal);
        ArgumentNullException.ThrowIfNull(documents);
        using AtomicFile file = new(path);
        using (StreamWriter writer = new(file.Stream, new UTF8Encoding(false), leaveOpen: true))
        {
            writer.Write(Row(Columns.Select(TextCell)));
            foreach ((string name, string hash) in documents)
            {
                using JsonDocument? record = journal.Find(name, hash);
                if (record is not null) writer.Write(Row(Cells(record.RootElement)));
            }
        }

        file.Commit();
    }

    /// <summary>The cells of a line that <see cref="ExtractionRecord"/> wrote.</summary>
    internal IEnumerable<string> Cells(JsonElement record)
    {
        JsonElement value = record.GetProperty("value");
        JsonElement[] fields = [.. record.GetProperty("fields").EnumerateArray()];
        return
        [
            TextCell(record.GetProperty("document").GetString()!),
            .. _columns.Select(path => Cell(value, path)),
            fields.Length == 0 ? "" : fields.MinBy(f => f.GetProperty("confidence").GetDouble()).GetProperty("confidence").GetRawText(),
            TextCell(string.Join(' ', fields.Where(f => f.GetProperty("not_in_source").GetBoolean()).Select(f => f.GetProperty("path").GetString()!))),
        ];
    }

    private static string Cell(JsonElement value, string[] path)
    {
        foreach (string name in path)
        {
            if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(name, out value)) return "";
        }

        return value.ValueKind switch
        {
            JsonValueKind.Null => "",
            JsonValueKind.String => TextCell(value.GetString()!),
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
            _ => TextCell(value.GetRawText()),
        };
    }

    /// <summary>Text that cannot become a formula: spreadsheets run what starts with one of these, after spaces too.</summary>
    internal static string TextCell(string text) => text.TrimStart().AsSpan().IndexOfAny(FormulaStarts) == 0 || text.AsSpan().IndexOfAny("\t\r") == 0 ? $"'{text}" : text;

    internal static string Row(IEnumerable<string> cells) => string.Join(',', cells.Select(Quote)) + "\r\n";

    private static string Quote(string cell) => cell.AsSpan().IndexOfAny(Quoted) >= 0 || (cell.Length > 0 && (char.IsWhiteSpace(cell[0]) || char.IsWhiteSpace(cell[^1]))) ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell;

    private void AddColumns(JsonObject schema, string[] path)
    {
        if (path.Length < MaxDepth && schema["properties"] is JsonObject { Count: > 0 } properties)
        {
            foreach ((string name, JsonNode? inner) in properties)
            {
                if (inner is JsonObject o) AddColumns(o, [.. path, name]);
                else _columns.Add([.. path, name]);
            }
        }
        else
        {
            _columns.Add(path);
        }
    }
}
