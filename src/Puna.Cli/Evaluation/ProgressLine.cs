using System.Diagnostics;
using System.Globalization;
using Puna.Evaluation.Runs;

namespace Puna.Cli.Evaluation;

/// <summary>How far a run has come, on standard error: a line that is written over on a terminal, one every half minute elsewhere.</summary>
internal sealed class ProgressLine : IProgress<RunProgress>, IDisposable
{
    private readonly bool _terminal = !Console.IsErrorRedirected;
    private readonly TimeSpan _interval;
    private readonly long _started = Stopwatch.GetTimestamp();
    private long _last;
    private bool _open;
    private bool _saidResumed;

    internal ProgressLine() => _interval = _terminal ? TimeSpan.FromSeconds(0.5) : TimeSpan.FromSeconds(30);

    public void Report(RunProgress value)
    {
        if (value.Resumed > 0 && !_saidResumed) Console.Error.WriteLine($"{value.Resumed} of {value.Total} answers are there from before.");
        _saidResumed = true;
        if (Stopwatch.GetElapsedTime(_last == 0 ? _started : _last) < _interval || value.Done == value.Resumed) return;

        _last = Stopwatch.GetTimestamp();
        string line = string.Create(CultureInfo.InvariantCulture, $"{value.Done} of {value.Total} answers, {value.Rate:F1} a second, {Left(value.Remaining)} left");
        if (_terminal) Console.Error.Write($"\r{line}\e[K");
        else Console.Error.WriteLine(line);
        _open = _terminal;
    }

    /// <summary>Clears the line.</summary>
    public void Dispose()
    {
        if (_open) Console.Error.Write("\r\e[K");
        _open = false;
    }

    /// <summary>A time as a person says it.</summary>
    internal static string Left(TimeSpan? time) => time switch
    {
        null => "an unknown time",
        { TotalMinutes: < 2 } t => string.Create(CultureInfo.InvariantCulture, $"{t.TotalSeconds:F0} s"),
        { TotalHours: < 2 } t => string.Create(CultureInfo.InvariantCulture, $"{t.TotalMinutes:F0} min"),
        { } t => string.Create(CultureInfo.InvariantCulture, $"{t.TotalHours:F1} h"),
    };
}
