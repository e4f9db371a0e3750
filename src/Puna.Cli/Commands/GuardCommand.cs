using System.CommandLine;

namespace Puna.Cli.Commands;

/// <summary><c>puna guard</c>: judges texts, and shows what guards are asked and what policies decide.</summary>
internal static class GuardCommand
{
    internal static Command Create() => new("guard", "Judge texts: harm with Llama Guard, injections with Prompt Guard, and by a policy")
    {
        GuardCheckCommand.Create(),
        GuardPromptCommand.Create(),
        GuardPolicyCommand.Create(),
    };
}
