using System.Diagnostics;
using System.Text;

namespace Puna.Evaluation.Sandbox;

/// <summary>A program in the sandbox. It is watched until it ends, and killed with all its processes when it is past a limit or disposed.</summary>
internal sealed class SandboxProcess : IAsyncDisposable
{
    private const int MaxErrorText = 64 << 10;
    private static readonly TimeSpan WatchEvery = TimeSpan.FromMilliseconds(25);

    private readonly Process _process;
    private readonly SandboxLimits _limits;
    private readonly Task _watch;
    private readonly Task _errors;
    private readonly StringBuilder _errorText = new();
    private readonly byte[] _buffer = new byte[1 << 14];
    private int _start;
    private int _end;
    private long _read;
    private int _reason; // SandboxEnd, set once

    internal SandboxProcess(Process process, SandboxLimits limits)
    {
        (_process, _limits) = (process, limits);
        _watch = Task.Run(WatchAsync);
        _errors = Task.Run(ReadErrorsAsync);
    }

    public int ExitCode => _process.HasExited ? _process.ExitCode : -1;

    public int PeakProcesses { get; private set; }

    /// <summary>The beginning of what it wrote to its standard error, once it has ended.</summary>
    public string ErrorText
    {
        get
        {
            lock (_errorText) return _errorText.ToString();
        }
    }

    /// <summary>Writes to its standard input; a program that no longer reads is none of the writer's concern.</summary>
    public async Task WriteAsync(string text)
    {
        try
        {
            await _process.StandardInput.BaseStream.WriteAsync(Encoding.UTF8.GetBytes(text)).ConfigureAwait(false);
            await _process.StandardInput.BaseStream.FlushAsync().ConfigureAwait(false);
        }
        catch (IOException)
        {
            // It ended, or closed its input: reading shows which.
        }
    }

    public void CloseInput()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // As in WriteAsync.
        }
    }

    /// <summary>The next line of its standard output, null at the end. A program past its output limit is killed.</summary>
    public async Task<string?> ReadLineAsync()
    {
        List<byte> line = [];
        while (true)
        {
            int newline = Array.IndexOf(_buffer, (byte)'\n', _start, _end - _start);
            int stop = newline < 0 ? _end : newline;
            line.AddRange(_buffer.AsSpan(_start, stop - _start));
            if (newline >= 0)
            {
                _start = newline + 1;
                return Encoding.UTF8.GetString([.. line]);
            }

            if (!await FillAsync().ConfigureAwait(false)) return line.Count == 0 ? null : Encoding.UTF8.GetString([.. line]);
        }
    }

    /// <summary>All that is left of its standard output.</summary>
    public async Task<string> ReadToEndAsync()
    {
        List<byte> text = [.. _buffer.AsSpan(_start, _end - _start)];
        while (await FillAsync().ConfigureAwait(false)) text.AddRange(_buffer.AsSpan(_start, _end - _start));
        return Encoding.UTF8.GetString([.. text]);
    }

    /// <summary>Kills it and all its processes.</summary>
    public void Stop() => Kill(SandboxEnd.Stopped);

    /// <summary>Waits until it has ended and says why.</summary>
    public async Task<SandboxEnd> EndAsync()
    {
        await _watch.ConfigureAwait(false);
        await _errors.ConfigureAwait(false);
        return (SandboxEnd)Volatile.Read(ref _reason);
    }

    public async ValueTask DisposeAsync()
    {
        Stop();
        await EndAsync().ConfigureAwait(false);
        _process.Dispose();
    }

    private async Task<bool> FillAsync()
    {
        _start = 0;
        _end = await _process.StandardOutput.BaseStream.ReadAsync(_buffer).ConfigureAwait(false);
        _read += _end;
        if (_read <= _limits.Output) return _end > 0;

        Kill(SandboxEnd.Output);
        _end = 0;
        return false;
    }

    private async Task ReadErrorsAsync()
    {
        char[] buffer = new char[4096];
        while (await _process.StandardError.ReadAsync(buffer).ConfigureAwait(false) is var count and > 0)
        {
            lock (_errorText) _errorText.Append(buffer, 0, Math.Min(count, MaxErrorText - _errorText.Length));
        }
    }

    private async Task WatchAsync()
    {
        long start = Stopwatch.GetTimestamp();
        while (!_process.HasExited)
        {
            (int processes, long memory) = ProcessTree.Measure(_process.Id);
            PeakProcesses = Math.Max(PeakProcesses, processes);
            if (memory > _limits.Memory) Kill(SandboxEnd.Memory);
            else if (Stopwatch.GetElapsedTime(start) > _limits.Time) Kill(SandboxEnd.Time);

            using CancellationTokenSource pause = new(WatchEvery);
            try
            {
                await _process.WaitForExitAsync(pause.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // Not yet.
            }
        }
    }

    private void Kill(SandboxEnd reason)
    {
        if (_process.HasExited) return;
        Interlocked.CompareExchange(ref _reason, (int)reason, (int)SandboxEnd.Exited);
        ProcessTree.Kill(_process);
    }
}
