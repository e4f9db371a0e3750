using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Puna.Evaluation.Data;

/// <summary>
/// Reads the rows of a data file as JSON objects: JSON lines or one JSON array (<c>.jsonl</c>, <c>.json</c>), comma-separated
/// (<c>.csv</c>, RFC 4180) and tab-separated (<c>.tsv</c>, no quoting), each also gzipped (<c>.gz</c>).
/// </summary>
public static class RowFile
{
    /// <summary>Most bytes of a file, unpacked.</summary>
    public const long MaxBytes = 4L << 30;

    /// <summary>Most characters of a row: the longest documents of long-context sets have a dozen million.</summary>
    public const int MaxRowLength = 64 << 20;

    /// <summary>Most rows of a file.</summary>
    public const int MaxRows = 2_000_000;

    /// <summary>The rows, read as they are asked for.</summary>
    /// <param name="path">The file; its name says its kind.</param>
    /// <param name="columns">Names of the columns of a comma- or tab-separated file that has no header; null where its first row is one.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="EvaluationException">The file is of another kind, malformed, or past a limit.</exception>
    public static IEnumerable<JsonObject> Read(string path, IReadOnlyList<string>? columns = null)
    {
        string name = Path.GetFileName(path);
        bool packed = name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);
        string kind = Path.GetExtension(packed ? name[..^3] : name).ToLowerInvariant();
        if (kind is not (".jsonl" or ".json" or ".csv" or ".tsv"))
            throw new EvaluationException($"{path}: files of kind '{kind}' are not read. Give .jsonl, .json, .csv or .tsv, or one of these gzipped (.gz).");
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: there is no such file.", path);
        return Rows(path, packed, kind, columns);
    }

    private static IEnumerable<JsonObject> Rows(string path, bool packed, string kind, IReadOnlyList<string>? columns)
    {
        using Stream file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        using Stream limited = new LimitedStream(packed ? new GZipStream(file, CompressionMode.Decompress) : file, MaxBytes, path);
        using StreamReader reader = new(limited, new UTF8Encoding(false, throwOnInvalidBytes: true));
        IEnumerable<JsonObject> rows = kind switch
        {
            ".csv" => new DelimitedReader(reader, path, ',', quotes: true).Rows(columns),
            ".tsv" => new DelimitedReader(reader, path, '\t', quotes: false).Rows(columns),
            _ => JsonRows(reader, path),
        };

        using IEnumerator<JsonObject> each = rows.GetEnumerator();
        int count = 0;
        while (MoveNext(each, path))
        {
            if (++count > MaxRows) throw new EvaluationException($"{path}: more than {MaxRows} rows. Split the file, or leave out rows that are not needed.");
            yield return each.Current;
        }
    }

    private static bool MoveNext(IEnumerator<JsonObject> rows, string path)
    {
        try
        {
            return rows.MoveNext();
        }
        catch (DecoderFallbackException error)
        {
            throw new EvaluationException($"{path}: bytes {Convert.ToHexString(error.BytesUnknown ?? [])} are not UTF-8. Convert the file to UTF-8.", error);
        }
        catch (InvalidDataException error)
        {
            throw new EvaluationException($"{path}: {error.Message} Fetch the file again.", error);
        }
    }

    private static IEnumerable<JsonObject> JsonRows(StreamReader reader, string path)
    {
        while (reader.Peek() is var next and >= 0 && char.IsWhiteSpace((char)next)) reader.Read();
        foreach (JsonObject row in reader.Peek() == '[' ? JsonArrayRows(reader, path) : JsonLineRows(reader, path)) yield return row;
    }

    private static IEnumerable<JsonObject> JsonLineRows(StreamReader reader, string path)
    {
        StringBuilder line = new();
        for (int number = 1; TryReadLine(reader, line, path, number); number++)
        {
            if (line.Length == 0 || string.IsNullOrWhiteSpace(line.ToString())) continue;
            yield return Parse(line.ToString(), path, $"line {number}") as JsonObject
                ?? throw new EvaluationException($"{path}, line {number}: not a JSON object. Every line must be one.");
        }
    }

    private static IEnumerable<JsonObject> JsonArrayRows(StreamReader reader, string path)
    {
        char[] block = new char[1 << 16];
        StringBuilder text = new();
        for (int read; (read = reader.Read(block)) > 0;)
        {
            if (text.Length + read > MaxRowLength) throw new EvaluationException($"{path}: a JSON array of more than {MaxRowLength} characters. Write it as JSON lines (.jsonl), a row a line.");
            text.Append(block, 0, read);
        }

        int index = 0;
        foreach (JsonNode? node in (JsonArray)Parse(text.ToString(), path, "the array")!)
        {
            yield return node as JsonObject ?? throw new EvaluationException($"{path}: element {index} is not a JSON object. Every row must be one.");
            index++;
        }
    }

    private static JsonNode? Parse(string json, string path, string place)
    {
        try
        {
            return JsonNode.Parse(json, documentOptions: new JsonDocumentOptions { MaxDepth = 128, AllowDuplicateProperties = false });
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            throw new EvaluationException($"{path}, {place}: not valid JSON: {error.Message.ReplaceLineEndings(" ")}", error);
        }
    }

    private static bool TryReadLine(StreamReader reader, StringBuilder line, string path, int number)
    {
        line.Clear();
        int next = -1;
        while ((next = reader.Read()) >= 0 && next != '\n')
        {
            if (line.Length >= MaxRowLength) throw new EvaluationException($"{path}, line {number}: longer than {MaxRowLength} characters.");
            line.Append((char)next);
        }

        return next >= 0 || line.Length > 0;
    }

    /// <summary>A stream of which no more than a limit is read, so that a small packed file cannot fill the disk or memory.</summary>
    private sealed class LimitedStream(Stream inner, long limit, string path) : Stream
    {
        private long _read;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => _read; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            int read = inner.Read(buffer, offset, count);
            _read += read;
            return _read <= limit ? read : throw new EvaluationException($"{path}: more than {limit} bytes, unpacked.");
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
