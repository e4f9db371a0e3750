using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Puna.Evaluation.Models;

namespace Puna.Evaluation.Runs;

/// <summary>An answer under the name of what it answers.</summary>
/// <param name="Key">The name: a number of the run and the request's hash, or the hash of everything the answer depends on.</param>
/// <param name="Answer">The answer.</param>
internal sealed record JournalEntry(string Key, ModelAnswer Answer);

/// <summary>
/// Answers as they come, a line each, so that a process that is killed loses none that was written. A last line without an end
/// is one that was being written, and is dropped. The file is this process's alone while open. Safe for concurrent callers.
/// </summary>
internal sealed class AnswerJournal : IDisposable
{
    private static readonly TimeSpan FlushInterval = TimeSpan.FromMilliseconds(200);

    private readonly FileStream _file;
    private readonly Dictionary<string, ModelAnswer> _answers = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private long _flushed;

    /// <summary>Opens or creates a journal.</summary>
    /// <exception cref="IOException">Another process has it open, or it cannot be written.</exception>
    /// <exception cref="EvaluationException">A line that is whole is no entry.</exception>
    internal AnswerJournal(string path)
    {
        Path = path;
        try
        {
            _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException error) when (error is not (FileNotFoundException or DirectoryNotFoundException))
        {
            throw new IOException($"{path}: it cannot be opened; does another run write to this folder? ({error.Message})", error);
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
    internal string Path { get; }

    /// <summary>Answers in it.</summary>
    internal int Count
    {
        get
        {
            lock (_lock) return _answers.Count;
        }
    }

    /// <summary>The answer of a name, or null.</summary>
    internal ModelAnswer? Find(string key)
    {
        lock (_lock) return _answers.GetValueOrDefault(key);
    }

    /// <summary>Adds an answer; it outlives the process when this returns, and a power cut soon after.</summary>
    internal void Add(string key, ModelAnswer answer)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(new JournalEntry(key, answer), EvaluationJson.Readable.JournalEntry), (byte)'\n'];
        lock (_lock)
        {
            long end = _file.Position;
            try
            {
                _file.Write(line);
            }
            catch
            {
                _file.SetLength(end); // no later line may stand behind a part of this one
                throw;
            }

            _answers[key] = answer;
            if (Stopwatch.GetElapsedTime(_flushed) < FlushInterval) return;

            _file.Flush(flushToDisk: true);
            _flushed = Stopwatch.GetTimestamp();
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_file.CanWrite) _file.Flush(flushToDisk: true);
            _file.Dispose();
        }
    }

    private void Load()
    {
        using StreamReader reader = new(_file, new UTF8Encoding(false), false, 1 << 16, leaveOpen: true);
        long end = 0;
        StringBuilder line = new();
        for (int number = 1; ;)
        {
            int next = reader.Read();
            if (next < 0) break;
            if (next != '\n')
            {
                line.Append((char)next);
                continue;
            }

            string text = line.ToString();
            try
            {
                JournalEntry? entry = JsonSerializer.Deserialize(text, EvaluationJson.Readable.JournalEntry);
                if (entry is not { Key: not null, Answer: not null }) throw new JsonException("It has no key or no answer.");
                _answers[entry.Key] = entry.Answer;
            }
            catch (JsonException error)
            {
                throw new EvaluationException($"{Path}, line {number}: not an answer, though the line is whole. Something else has written to the file; remove it to ask everything again.", error);
            }

            end += Encoding.UTF8.GetByteCount(text) + 1;
            line.Clear();
            number++;
        }

        _file.SetLength(end);
        _file.Position = end;
    }
}
