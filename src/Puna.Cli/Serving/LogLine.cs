using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Puna.Cli.Serving;

/// <summary>Log entries as an operator reads them: time, level where it is more than information, message, and what was thrown.</summary>
internal sealed class LogLine() : ConsoleFormatter(LogLine.FormatterName)
{
    internal const string FormatterName = "puna";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        textWriter.Write(DateTime.Now.ToString("HH:mm:ss ", CultureInfo.InvariantCulture));
        if (logEntry.LogLevel > LogLevel.Information) textWriter.Write($"{logEntry.LogLevel.ToString().ToUpperInvariant()}: ");
        textWriter.WriteLine(TerminalText.Printable(logEntry.Formatter(logEntry.State, logEntry.Exception)));
        if (logEntry.Exception is { } error) textWriter.WriteLine(TerminalText.Printable(error.ToString()));
    }
}
