using System.CommandLine;
using Puna.Cli;
using Puna.Cli.Commands;

RootCommand root = new("Run Llama 4 (and Llama 2, 3) models on your own hardware. Nothing leaves this machine.")
{
    RunCommand.Create(),
    InspectCommand.Create(),
    TokenizeCommand.Create(),
    DetokenizeCommand.Create(),
    LogitsCommand.Create(),
    BenchCommand.Create(),
};

ParseResult parsed = root.Parse(args);
if (parsed.Errors.Count == 0) return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });

foreach (System.CommandLine.Parsing.ParseError error in parsed.Errors) Console.Error.WriteLine($"puna: {error.Message}");
Console.Error.WriteLine($"Try: puna {(parsed.CommandResult.Command is RootCommand ? "" : parsed.CommandResult.Command.Name + " ")}--help");
return ExitCode.BadInput;
