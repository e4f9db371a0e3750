using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Puna.Cli.Usage;

/// <summary>Help: the commands in groups for <c>puna --help</c>, the usual page and an example for a command.</summary>
internal sealed class GroupedHelp(HelpAction standard) : SynchronousCommandLineAction
{
    /// <summary>Whoever asks for help has not finished the command.</summary>
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        TextWriter output = parseResult.InvocationConfiguration.Output;
        Command command = parseResult.CommandResult.Command;
        if (command is RootCommand root)
        {
            Write(root, output);
            return ExitCode.Done;
        }

        int code = standard.Invoke(parseResult);
        if (command.Parents.Any(parent => parent is RootCommand) && CommandExamples.Of(command.Name) is { } example) output.WriteLine($"Example:\n  {example}\n");
        return code;
    }

    internal static void Write(RootCommand root, TextWriter output)
    {
        output.WriteLine(root.Description);
        output.WriteLine();
        output.WriteLine("Usage: puna COMMAND [options]");
        foreach ((string title, (string Command, string Example)[] commands) in CommandExamples.Groups)
        {
            output.WriteLine();
            output.WriteLine($"{title}:");
            foreach ((string name, string example) in commands)
            {
                output.WriteLine($"  {name,-12}{root.Subcommands.First(c => c.Name == name).Description}");
                output.WriteLine($"  {"",-12}{example}");
            }
        }

        output.WriteLine();
        output.WriteLine("puna COMMAND --help shows all options of a command; puna --version the version.");
        output.WriteLine("A MODEL is a GGUF file (any part of a split) or a directory of safetensors with its config.json.");
        output.WriteLine("Without MODEL, chat, run, serve, extract and bench use a small built-in model, a demonstration trained by the project.");
    }
}
