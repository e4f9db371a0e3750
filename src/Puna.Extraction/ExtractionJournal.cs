using System.Diagnostics;
using System.Text.Json;
using Puna.Extraction.Documents;

namespace Puna.Extraction;

/// <summary>
/// A file of results, a line each, that only grows: a process that is killed loses none that was written, and the next one goes on where it
/// ended. A last line without an end is one that was being written, and is dropped. The file is this process's alone while open.
/// Safe for concurrent callers.
/// </summary>
public sealed class ExtractionJournal : IDisposable
{
    private static readonly TimeSpan FlushInterval = TimeSpan.FromMilliseconds(200);
    private static readonly JsonDocumentOptions Depth = new() { MaxDepth = 512 };

    private readonly FileStream _file;
    private readonly string _settings;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (long Offset, int Length)> _byHash = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Document, string Hash), (long Offset, int Length)> _byDocument = [];
    private long _flushed;

    /// <summary>Opens or makes a file of results.</summary>
    /// <param name="path">The file.</param>
    /// <param name="settings">The extractor's <see cref="DocumentExtractor.SettingsHash"/>; a file of other settings is refused.</param>
    /// <exception cref="ExtractionException">The file holds results of other settings, or something else.</exception>
    /// <exception cref="IOException">Another process writes to it, or it cannot be opened.</exception>
    public ExtractionJournal(string path, string settings)
    {
        Path = path;
        _settings = settings;
        try
        {
            _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException error) when (error is not (FileNotFoundException or DirectoryNotFoundException))
        {
            throw new IOException($"{path}: it cannot be opened; does another extraction write to it? ({error.Message})", error);
        }

        try
        {
            Load();
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Results in it.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _byDocument.Count;
        }
    }

    /// <summary>
    /// True if the document's result is there; that of another document with the same text is written down for this one, too.
    /// </summary>
    public bool Has(SourceDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        lock (_lock)
        {
            if (_byDocument.ContainsKey((document.Name, document.Hash))) return true;
            if (!_byHash.TryGetValue(document.Hash, out (long, int) place)) return false;

            using JsonDocument record = ReadAt(place);
            Append(document.Name, document.Hash, ExtractionRecord.Rename(record.RootElement, document.Name));
            return true;
        }
    }

    /// <summary>Adds a result; it outlives the process when this returns, and a power cut soon after.</summary>
    public void Add(ExtractionResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        byte[] line = ExtractionRecord.Write(result, _settings);
        lock (_lock) Append(result.Document, result.Hash, line);
    }

    /// <summary>The line of a document's result, or null.</summary>
    internal JsonDocument? Find(string document, string hash)
    {
        lock (_lock) return _byDocument.TryGetValue((document, hash), out (long, int) place) ? ReadAt(place) : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_file.CanWrite) _file.Flush(flushToDisk: true);
            _file.Dispose();
        }
    }

    private void Append(string document, string hash, byte[] line)
    {
        long offset = _file.Length;
        _file.Position = offset;
        try
        {
            _file.Write(line);
        }
        catch
        {
            _file.SetLength(offset); // no later line may stand behind a part of this one
            throw;
        }

        Remember(document, hash, offset, line.Length);
        if (Stopwatch.GetElapsedTime(_flushed) < FlushInterval) return;

        _file.Flush(flushToDisk: true);
        _flushed = Stopwatch.GetTimestamp();
    }

    private void Remember(string document, string hash, long offset, int length)
    {
        _byHash.TryAdd(hash, (offset, length));
        _byDocument[(document, hash)] = (offset, length);
    }

    private JsonDocument ReadAt((long Offset, int Length) place)
    {
        byte[] line = new byte[place.Length];
        _file.Position = place.Offset;
        _file.ReadExactly(line);
        return JsonDocument.Parse(line, Depth);
    }

    private void Load()
    {
        // Before anything is read: what is no file of results may be of any size, and without a line.
        ReadOnlySpan<byte> wanted = "{\"document\":"u8;
        Span<byte> beginning = stackalloc byte[wanted.Length];
        beginning = beginning[.._file.ReadAtLeast(beginning, beginning.Length, throwOnEndOfStream: false)];
        if (!wanted.StartsWith(beginning)) throw new ExtractionException($"{Path}: this is not a file of results, and it is left as it is. Name another --out.");

        _file.Position = 0;
        byte[] buffer = new byte[1 << 16];
        using MemoryStream line = new();
        long end = 0;
        int number = 1;
        for (int read; (read = _file.Read(buffer)) > 0;)
        {
            for (int start = 0, stop; start < read; start = stop + 1)
            {
                stop = Array.IndexOf(buffer, (byte)'\n', start, read - start);
                line.Write(buffer, start, (stop < 0 ? read : stop) - start);
                if (stop < 0) break;

                Take(line.ToArray(), end, number++);
                end += line.Length + 1;
                line.SetLength(0);
            }
        }

        _file.SetLength(end);
    }

    private void Take(byte[] line, long offset, int number)
    {
        try
        {
            using JsonDocument record = JsonDocument.Parse(line, Depth);
            JsonElement root = record.RootElement;
            string settings = root.GetProperty("settings").GetString()!;
            if (settings != _settings) throw new ExtractionException($"{Path}, line {number}: this result is of another schema, model, prompt or options. Name another --out, or remove the file to extract everything again.");
            Remember(root.GetProperty("document").GetString()!, root.GetProperty("hash").GetString()!, offset, line.Length + 1);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentNullException)
        {
            throw new ExtractionException($"{Path}, line {number}: this is not a result, though the line is whole, and the file is left as it is. Name another --out.", error);
        }
    }
}
