using System.Text;
using System.Text.Json.Nodes;

namespace Puna.Evaluation.Data;

/// <summary>Reads comma- or tab-separated text. A quoted field may hold the separator and line ends; a doubled quote in it is one.</summary>
internal sealed class DelimitedReader(TextReader reader, string path, char separator, bool quotes)
{
    private const int MaxFields = 1000;
    private int _line = 1;

    /// <summary>Rows as objects of strings; without <paramref name="columns"/> the first row names them.</summary>
    internal IEnumerable<JsonObject> Rows(IReadOnlyList<string>? columns)
    {
        columns ??= ReadRow();
        if (columns is null) yield break;

        for (int start = _line; ReadRow() is { } fields; start = _line)
        {
            if (fields is [""]) continue; // a blank line
            if (fields.Count != columns.Count)
                throw new EvaluationException($"{path}, line {start}: {fields.Count} fields where {columns.Count} are expected ({string.Join(", ", columns.Take(8))}).");

            JsonObject row = [];
            for (int i = 0; i < fields.Count; i++)
            {
                if (!row.TryAdd(columns[i], JsonValue.Create(fields[i]))) throw new EvaluationException($"{path}: two columns are called '{columns[i]}'.");
            }

            yield return row;
        }
    }

    private List<string>? ReadRow()
    {
        if (reader.Peek() < 0) return null;

        int startLine = _line, length = 0;
        List<string> fields = [];
        StringBuilder field = new();
        bool quoted = false;
        while (true)
        {
            int next = reader.Read();
            if (++length > RowFile.MaxRowLength) throw new EvaluationException($"{path}, line {startLine}: a row of more than {RowFile.MaxRowLength} characters; a quote may be missing.");
            if (next == '\n') _line++;
            if (quoted)
            {
                if (next < 0) throw new EvaluationException($"{path}, line {startLine}: the file ends inside a quoted field. It is cut short, or a quote is missing.");
                if (next != '"') field.Append((char)next);
                else if (reader.Peek() == '"') field.Append((char)reader.Read());
                else quoted = false;
            }
            else if (quotes && next == '"' && field.Length == 0)
            {
                quoted = true;
            }
            else if (next == separator || next < 0 || next == '\n')
            {
                if (next != separator && field is [.., '\r']) field.Length--;
                fields.Add(field.ToString());
                if (fields.Count > MaxFields) throw new EvaluationException($"{path}, line {startLine}: more than {MaxFields} fields.");
                field.Clear();
                if (next != separator) return fields;
            }
            else
            {
                field.Append((char)next);
            }
        }
    }
}
