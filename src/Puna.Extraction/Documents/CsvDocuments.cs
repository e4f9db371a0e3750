using System.Text;

namespace Puna.Extraction.Documents;

/// <summary>
/// A document per row of a CSV file (RFC 4180; comma, semicolon or tab): a line for each field that is not empty, the column's name,
/// a colon and the field. The first record names the columns.
/// </summary>
internal static class CsvDocuments
{
    private static readonly char[] Delimiters = [',', ';', '\t'];

    internal static IEnumerable<DocumentInput> Read(Stream stream, string name, DocumentLimits limits)
    {
        using StreamReader reader = new(stream, new UTF8Encoding(false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: true);
        CsvParser parser = new(reader, limits);
        if (parser.ReadHeader(Delimiters) is not { } header) throw new DocumentException("the file is empty; its first record should name the columns.");

        for (int number = 1; parser.Read() is { } fields; number++)
        {
            if (fields is [""]) continue; // a blank line

            string place = $"{name}#{number}";
            if (fields.Count != header.Count)
            {
                yield return new DocumentInput(place, null, $"the record has {fields.Count} fields, the header {header.Count}.");
                continue;
            }

            StringBuilder text = new();
            for (int i = 0; i < fields.Count; i++)
            {
                if (fields[i].Length > 0) text.Append(header[i]).Append(": ").Append(fields[i]).Append('\n');
            }

            if (text.Length > limits.Characters) yield return new DocumentInput(place, null, $"the record has {text.Length} characters with the names of its columns; the most that is read is {limits.Characters}.");
            else yield return new DocumentInput(place, new SourceDocument(place, text.ToString()), null);
        }
    }

    /// <summary>Records of a CSV file, one at a time, in bounded memory.</summary>
    private sealed class CsvParser(StreamReader reader, DocumentLimits limits)
    {
        private int _record;
        private char[] _delimiters = [','];

        /// <summary>The first record, in which the delimiter is the one that stands most often outside quotes.</summary>
        internal List<string>? ReadHeader(char[] delimiters) => ReadRecord(delimiters);

        internal List<string>? Read() => ReadRecord(_delimiters);

        private List<string>? ReadRecord(char[] delimiters)
        {
            StringBuilder record = new();
            bool quoted = false, closed = false;
            try
            {
                int next;
                while ((next = reader.Read()) >= 0)
                {
                    char c = (char)next;
                    if (c == '\0') throw new DocumentException($"record {_record} has a NUL character, which no text has; this is a binary file.");
                    bool turns = c == '"' && (quoted || closed || record.Length == 0 || delimiters.Contains(record[^1]));
                    if (turns) quoted = !quoted; // a doubled quote turns it twice; one within a bare field, such as an inch mark, not at all
                    closed = turns && !quoted;
                    if (c == '\n' && !quoted) break;
                    if (record.Length >= limits.Characters) throw new DocumentException($"record {_record} is longer than {limits.Characters} characters, the most that is read; is a quote not closed?");
                    record.Append(c);
                }

                if (next < 0 && record.Length == 0) return null;
            }
            catch (DecoderFallbackException error)
            {
                throw new DocumentException($"record {_record} or one soon after it is not UTF-8. If the file is in an older encoding, convert it: iconv -f WINDOWS-1252 -t UTF-8.", error);
            }

            if (quoted) throw new DocumentException($"record {_record} has a quote that is not closed.");
            if (record.Length > 0 && record[^1] == '\r') record.Length--;
            string line = record.ToString();
            if (delimiters.Length > 1) _delimiters = [delimiters.MaxBy(d => CountOutsideQuotes(line, d))];
            List<string> fields = Split(line);
            _record++;
            return fields;
        }

        private List<string> Split(string line)
        {
            List<string> fields = [];
            StringBuilder field = new();
            bool quoted = false;
            for (int i = 0; i <= line.Length; i++)
            {
                if (i == line.Length || (line[i] == _delimiters[0] && !quoted))
                {
                    if (fields.Count >= limits.CsvFields) throw new DocumentException($"record {_record} has more than {limits.CsvFields} fields, the most that is read.");
                    fields.Add(field.ToString());
                    field.Clear();
                }
                else if (line[i] != '"')
                {
                    field.Append(line[i]);
                }
                else if (quoted && i + 1 < line.Length && line[i + 1] == '"')
                {
                    field.Append('"');
                    i++;
                }
                else if (quoted || field.Length == 0)
                {
                    quoted = !quoted;
                }
                else
                {
                    field.Append('"');
                }
            }

            return fields;
        }

        private static int CountOutsideQuotes(string line, char wanted)
        {
            int count = 0;
            bool quoted = false;
            foreach (char c in line)
            {
                if (c == '"') quoted = !quoted;
                else if (c == wanted && !quoted) count++;
            }

            return count;
        }
    }
}
