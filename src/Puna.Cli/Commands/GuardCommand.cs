using System.CommandLine;

namespace Puna.Cli.Commands;

/// <summary><c>puna guard</c>: judges texts, and shows what guards are asked and what policies decide.</summary>
internal static class GuardCommand
{
    internal static Command Create() => new("guard", "Judge texts: injections at once, harm and more with a guard model, and by a policy")
    {
        GuardCheckCommand.Create(),
        GuardEvalCommand.Create(),
        GuardCalibrateCommand.Create(),
        GuardPromptCommand.Create(),
        GuardPolicyCommand.Create(),
    };
}
