using System.Text;
using Spectre.Console;

namespace Puna.Cli.Conversations;

/// <summary>
/// Where a conversation is read from and written to. On a terminal there are prompts, colours and remarks; through a pipe
/// only answers go to standard output, and errors to standard error.
/// </summary>
internal sealed class ChatTerminal : IDisposable
{
    private const string Fence = "\"\"\"";

    private static readonly Style Muted = new(Color.Grey);
    private static readonly Style Emphasis = new(Color.Green);

    private readonly StreamWriter _output = new(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = true };

    /// <summary>True when a person types and reads.</summary>
    internal bool IsInteractive { get; } = !Console.IsInputRedirected && !Console.IsOutputRedirected;

    /// <summary>
    /// The next message, or null at the end of input: one line, several where each but the last ends with a backslash, or
    /// all lines between two lines of three quotation marks.
    /// </summary>
    internal string? ReadMessage(out bool isCommand)
    {
        isCommand = false;
        Prompt();
        string? line = Console.In.ReadLine();
        if (line is null) return null;
        if (line.Trim() == Fence) return ReadFenced();

        isCommand = line.StartsWith('/');
        StringBuilder message = new();
        while (line is not null && line.EndsWith('\\'))
        {
            message.Append(line, 0, line.Length - 1).Append('\n');
            Continuation();
            line = Console.In.ReadLine();
        }

        return message.Append(line).ToString();
    }

    /// <summary>Part of an answer. A terminal gets no control characters, which could do things to it.</summary>
    internal void WriteAnswer(string text) => _output.Write(Console.IsOutputRedirected ? text : TerminalText.Printable(text));

    internal void EndAnswer() => _output.Write('\n');

    /// <summary>A remark by the program, for a person only.</summary>
    internal void Remark(string text)
    {
        if (IsInteractive) AnsiConsole.Console.WriteLine(text, Muted);
    }

    /// <summary>A line that was asked for, such as help.</summary>
    internal void WriteLine(string text) => _output.Write(text + "\n");

    internal void Prompt()
    {
        if (IsInteractive) AnsiConsole.Console.Write("> ", Emphasis);
    }

    internal static void Error(string message) => Console.Error.WriteLine($"puna chat: {message}");

    public void Dispose() => _output.Dispose();

    private void Continuation()
    {
        if (IsInteractive) AnsiConsole.Console.Write("… ", Muted);
    }

    private string ReadFenced()
    {
        List<string> lines = [];
        Continuation();
        while (Console.In.ReadLine() is { } line && line.Trim() != Fence)
        {
            lines.Add(line);
            Continuation();
        }

        return string.Join('\n', lines);
    }
}
