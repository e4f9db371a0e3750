namespace Puna.Evaluation.Sandbox;

/// <summary>What a program in the sandbox left behind.</summary>
/// <param name="End">Why it ended.</param>
/// <param name="ExitCode">Its exit code; a program may choose it, so it proves nothing.</param>
/// <param name="Output">What it wrote to its standard output.</param>
/// <param name="Error">The beginning of what it wrote to its standard error.</param>
/// <param name="PeakProcesses">Most processes that were seen at once.</param>
internal sealed record SandboxOutcome(SandboxEnd End, int ExitCode, string Output, string Error, int PeakProcesses);
