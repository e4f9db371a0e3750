using System.CommandLine;
using Puna.Evaluation.Sandbox;

namespace Puna.Cli.Evaluation;

/// <summary><c>puna eval sandbox</c>: whether programs that models write can be run on this machine without harm.</summary>
internal static class EvalSandboxCommand
{
    internal static Command Create()
    {
        Command command = new("sandbox", "Attack the sandbox that runs programs of models, and tell whether it holds");
        command.SetAction((_, cancellation) => ExitCode.Guard(async () =>
        {
            IReadOnlyList<SandboxCheck> checks = await CodeSandbox.SelfTestAsync(cancellation).ConfigureAwait(false);
            foreach (SandboxCheck check in checks)
                Console.WriteLine($"{(check.Contained ? "held" : "OPEN"),-5} {check.Name}{(check.Detail.Length > 0 ? $" ({TerminalText.Printable(check.Detail)})" : "")}");

            int open = checks.Count(check => !check.Contained);
            if (open > 0) throw new IOException($"{open} of {checks.Count} attacks succeeded: do not run programs of models on this machine.");
            Console.WriteLine($"All {checks.Count} attacks were contained.");
        }));
        return command;
    }
}
