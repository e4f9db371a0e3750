using System.CommandLine;
using System.CommandLine.Help;
using Puna.Cli;
using Puna.Cli.Commands;
using Puna.Cli.Usage;

RootCommand root = new("Run Llama 4 (and Llama 2, 3) models on your own hardware. Nothing leaves this machine.")
{
    ChatCommand.Create(),
    RunCommand.Create(),
    ServeCommand.Create(),
    KeysCommand.Create(),
    ExtractCommand.Create(),
    GuardCommand.Create(),
    AuditCommand.Create(),
    PlanCommand.Create(),
    InspectCommand.Create(),
    QuantizeCommand.Create(),
    EvalCommand.Create(),
    BenchCommand.Create(),
    LogitsCommand.Create(),
    TokenizeCommand.Create(),
    DetokenizeCommand.Create(),
    ConstrainCommand.Create(),
};
HelpOption help = root.Options.OfType<HelpOption>().Single();
if (help.Action is HelpAction standard) help.Action = new GroupedHelp(standard);

ParseResult parsed = root.Parse(args);
if (args.Length == 0)
{
    GroupedHelp.Write(root, Console.Error);
    return ExitCode.BadInput;
}

if (parsed.Errors.Count > 0)
{
    string command = UsageErrors.NameOf(parsed.CommandResult.Command);
    Console.Error.WriteLine($"puna {command}".TrimEnd() + $": {UsageErrors.Describe(parsed)} Try: puna {command}--help");
    return ExitCode.BadInput;
}

return await parsed.InvokeAsync(new InvocationConfiguration
{
    EnableDefaultExceptionHandler = false,

    // Ctrl-C asks a command to stop and clean up; a chat and a server handle it themselves.
    ProcessTerminationTimeout = parsed.CommandResult.Command.Name is ChatCommand.Name or ServeCommand.Name ? null : TimeSpan.FromSeconds(30),
});
