using System.CommandLine;

namespace Puna.Cli.Commands;

/// <summary><c>puna guard</c>: judges texts with a guard model, and shows what guards are asked.</summary>
internal static class GuardCommand
{
    internal static Command Create() => new("guard", "Judge texts: harm with Llama Guard, injections with Prompt Guard")
    {
        GuardCheckCommand.Create(),
        GuardPromptCommand.Create(),
    };
}
