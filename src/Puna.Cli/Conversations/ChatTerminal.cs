using System.Text;
using Spectre.Console;

namespace Puna.Cli.Conversations;

/// <summary>
/// Where a conversation is read from and written to. On a terminal there are prompts, colours and remarks; through a pipe
/// only answers go to standard output, and errors to standard error.
/// </summary>
internal sealed class ChatTerminal : IDisposable
{
    private const string Fence = "\"\"\"", Prompt = "> ", Continuation = "… ";

    private static readonly Style Muted = new(Color.Grey);

    private readonly StreamWriter _output = new(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = true };
    private readonly Queue<string> _pasted = new();
    private readonly LineEditor? _editor;

    internal ChatTerminal()
    {
        if (IsInteractive && AnsiConsole.Console.Profile.Capabilities.Ansi) _editor = new LineEditor(_output, () => (Console.WindowWidth, Console.WindowHeight));
    }

    /// <summary>True when a person types and reads.</summary>
    internal bool IsInteractive { get; } = !Console.IsInputRedirected && !Console.IsOutputRedirected;

    /// <summary>
    /// The next message, or null at the end of input: one line, several where each but the last ends with a backslash or
    /// that were pasted at once, or all lines between two lines of three quotation marks.
    /// </summary>
    internal string? ReadMessage(out bool isCommand)
    {
        isCommand = false;
        string? line = ReadLine(Prompt);
        if (line is null) return null;
        if (line.Trim() == Fence) return ReadFenced();

        isCommand = line.StartsWith('/');
        StringBuilder message = new();
        while (line is not null)
        {
            bool goesOn = line.EndsWith('\\');
            message.Append(line, 0, goesOn ? line.Length - 1 : line.Length);
            if (!goesOn && _pasted.Count == 0) break;

            message.Append('\n');
            line = ReadLine(Continuation);
        }

        return message.ToString();
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

    /// <summary>Ctrl-C while a line is typed: takes it back; false if there was none.</summary>
    internal bool Interrupt() => _editor?.Interrupt() ?? false;

    /// <summary>Asks again, below what was written meanwhile.</summary>
    internal void Redraw()
    {
        if (_editor is null) WritePrompt(Prompt);
        else _editor.Redraw();
    }

    internal static void Error(string message) => Console.Error.WriteLine($"puna chat: {TerminalText.Printable(message.ReplaceLineEndings(" "))}");

    /// <summary>What was done in the user's name: a remark to a person, a line on standard error through a pipe.</summary>
    internal void Report(string text)
    {
        if (IsInteractive) Remark(TerminalText.Printable(text));
        else Error(text);
    }

    /// <summary>Asks for a word; empty at the end of input.</summary>
    internal string Ask(string question)
    {
        _output.Write(TerminalText.Printable(question));
        return (_editor is null ? Console.In.ReadLine() : ReadLine("")) is { } answer ? answer.Trim() : "n";
    }

    public void Dispose() => _output.Dispose();

    private string? ReadLine(string prompt)
    {
        if (_pasted.TryDequeue(out string? next)) return next;
        if (_editor is null)
        {
            WritePrompt(prompt);
            return Console.In.ReadLine();
        }

        bool colors = AnsiConsole.Console.Profile.Capabilities.ColorSystem != ColorSystem.NoColors;
        if (_editor.ReadLine(colors ? $"\e[32m{prompt}\e[0m" : prompt, prompt.Length) is not { } text) return null;

        string[] lines = text.Split('\n');
        foreach (string line in lines.AsSpan(1)) _pasted.Enqueue(line);
        return lines[0];
    }

    private void WritePrompt(string prompt)
    {
        if (IsInteractive) _output.Write(prompt);
    }

    private string ReadFenced()
    {
        List<string> lines = [];
        while (ReadLine(Continuation) is { } line && line.Trim() != Fence) lines.Add(line);
        return string.Join('\n', lines);
    }
}
