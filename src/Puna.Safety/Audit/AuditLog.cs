using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Puna.Safety.Policy;
using Puna.Safety.Scanning;

namespace Puna.Safety.Audit;

/// <summary>
/// Records of decisions: JSON lines in a folder, chained by hashes, in files of limited size. A record is with the operating
/// system when a call returns, so that a killed process loses at most the line it was writing. One process writes at a
/// time; calls may come from any thread. Nothing of a text is recorded unless asked for.
/// </summary>
public sealed class AuditLog : IDisposable
{
    private const string LockName = "audit.lock";

    private readonly AuditOptions _options;
    private readonly TimeProvider _clock;
    private readonly FileStream _lockFile;
    private readonly Lock _lock = new();
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private FileStream? _file;
    private int _number;
    private long _sequence;
    private string _previous = AuditLine.Beginning;

    private AuditLog(string folder, AuditOptions options, TimeProvider clock, FileStream lockFile)
    {
        Folder = folder;
        _options = options;
        _clock = clock;
        _lockFile = lockFile;
    }

    /// <summary>Where the records are.</summary>
    public string Folder { get; }

    /// <summary>Continues the records of a folder, or begins them. A line that a killed process left unfinished is taken off, and a record says so.</summary>
    /// <exception cref="AuditException">The last record is damaged, or another process writes here.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static AuditLog Open(string folder, AuditOptions? options = null, TimeProvider? clock = null)
    {
        options ??= new AuditOptions();
        options.Check();
        Directory.CreateDirectory(folder);
        FileStream lockFile;
        try
        {
            lockFile = new FileStream(Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error)
        {
            throw new AuditException($"{folder}: another process writes records here. Give each server a folder of its own.", error);
        }

        AuditLog log = new(folder, options, clock ?? TimeProvider.System, lockFile);
        try
        {
            log.Continue();
            return log;
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    /// <summary>Records what a policy made of a text.</summary>
    /// <param name="request">Identity of the request.</param>
    /// <param name="subject">What was judged: message, answer or tool-call.</param>
    /// <param name="text">The text; only its length is recorded unless excerpts are asked for.</param>
    /// <param name="decision">The decision.</param>
    /// <exception cref="IOException">It cannot be written; the decision must not take effect unrecorded.</exception>
    public void Record(string request, string subject, string text, PolicyDecision decision)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(decision);
        Append("decision", writer =>
        {
            writer.WriteString("request", request);
            writer.WriteString("subject", subject);
            writer.WriteNumber("characters", text.Length);
            decision.WriteTo(writer);
            if (_options.ExcerptCharacters > 0) writer.WriteString("excerpt", Excerpt(text, decision));
        });
    }

    /// <summary>Records something else that matters, such as a policy that took over.</summary>
    /// <param name="name">What happened.</param>
    /// <param name="write">Writes further properties.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Append(string name, Action<Utf8JsonWriter> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(!_lockFile.CanWrite, this);
            (byte[] line, string hash) = AuditLine.Seal(Open(name, write));
            if (_file is null || (_file.Length > 0 && _file.Length + line.Length > _options.MaxFileBytes))
            {
                if (Rotate()) (line, hash) = AuditLine.Seal(Open(name, write)); // another record came before it
            }

            Add(line, hash);
        }
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _file?.Dispose();
            _lockFile.Dispose();
        }
    }

    /// <summary>The record's object without its closing brace.</summary>
    private ReadOnlySpan<byte> Open(string name, Action<Utf8JsonWriter> write)
    {
        _buffer.ResetWrittenCount();
        using Utf8JsonWriter writer = new(_buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        writer.WriteStartObject();
        writer.WriteNumber("seq", _sequence + 1);
        writer.WriteString("time", _clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        writer.WriteString("previous", _previous);
        writer.WriteString("event", name);
        write(writer);
        writer.WriteEndObject();
        writer.Flush();
        return _buffer.WrittenSpan[..^1];
    }

    private void Write(FileStream file, byte[] line)
    {
        long length = file.Length;
        try
        {
            file.Write(line); // unbuffered: one call to the operating system
            if (_options.Durable) file.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            file.SetLength(length); // half a line must not stand before the next
            file.Position = length;
            throw;
        }
    }

    private void Add(byte[] line, string hash)
    {
        Write(_file!, line);
        _previous = hash;
        _sequence++;
    }

    /// <summary>Begins a new file. Where old ones are let go, its first record says so, before they are: a file that somebody else took is missed.</summary>
    /// <returns>It has that record.</returns>
    private bool Rotate()
    {
        _file?.Dispose();
        _file = null;
        _file = Create(_number + 1);
        _number++;
        if (_options.KeepFiles == 0) return false;

        List<(int Number, string Path)> files = AuditLine.Files(Folder);
        files.RemoveRange(Math.Max(0, files.Count - _options.KeepFiles), Math.Min(files.Count, _options.KeepFiles));
        if (files.Count == 0) return false;

        (byte[] line, string hash) = AuditLine.Seal(Open(AuditLine.LetGo, writer => writer.WriteNumber(AuditLine.Through, files[^1].Number)));
        Add(line, hash);
        foreach ((_, string path) in files) File.Delete(path);
        return true;
    }

    private FileStream Create(int number) => new(Path.Combine(Folder, AuditLine.FileName(number)), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);

    private void Continue()
    {
        List<(int Number, string Path)> files = AuditLine.Files(Folder);
        long lost = 0;
        for (int i = files.Count - 1; i >= 0; i--)
        {
            FileStream file = Create(files[i].Number);
            if (_file is null) (_file, _number) = (file, files[i].Number); // the newest is continued
            (byte[]? last, long end) = LastLine(file);
            if (ReferenceEquals(file, _file))
            {
                lost = file.Length - end;
                file.SetLength(end);
                file.Position = end;
            }
            else
            {
                file.Dispose();
            }

            if (last is null) continue; // nothing whole in it: the one before has the last record
            if (AuditLine.Read(last, out _sequence, out _, out _previous) is { } problem)
                throw new AuditException($"{files[i].Path}: the last record cannot be continued, as {problem}. Look at it with puna audit verify, and move the folder away.");
            break;
        }

        if (lost > 0) Append("recovered", writer => writer.WriteNumber("lost_bytes", lost));
    }

    /// <summary>The last line that is whole, without its line feed, and where the whole lines end.</summary>
    private static (byte[]? Line, long End) LastLine(FileStream file)
    {
        const int Step = 1 << 16;
        byte[] tail = [];
        for (long start = file.Length; ;)
        {
            int end = tail.AsSpan().LastIndexOf((byte)'\n'), begin = end <= 0 ? -1 : tail.AsSpan(0, end).LastIndexOf((byte)'\n');
            if (begin >= 0 || start == 0) return end < 0 ? (null, 0) : (tail[(begin + 1)..end], start + end + 1);

            int count = (int)Math.Min(Step, start);
            start -= count;
            byte[] longer = new byte[count + tail.Length];
            file.Position = start;
            file.ReadExactly(longer, 0, count);
            tail.CopyTo(longer, count);
            tail = longer;
        }
    }

    private string Excerpt(string text, PolicyDecision decision)
    {
        // A model that judges a text as a whole says nothing of a place in it; all else that was found is replaced, and be it the whole text.
        IEnumerable<Redaction> found = decision.Outcomes.SelectMany(o => o.Findings.Where(f => f.End > f.Start && (o.Model is null || f.End - f.Start < text.Length))).Select(f => new Redaction(f.Start, f.End, f.Category));
        string redacted = Redaction.Apply(text, Redaction.Merge(found));
        int length = Math.Min(redacted.Length, _options.ExcerptCharacters);
        return redacted[..(length > 0 && length < redacted.Length && char.IsHighSurrogate(redacted[length - 1]) ? length - 1 : length)];
    }
}
