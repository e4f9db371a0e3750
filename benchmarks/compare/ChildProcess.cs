using System.Diagnostics;

namespace Puna.Compare;

/// <summary>Programs that print what is wanted and end.</summary>
internal static class ChildProcess
{
    /// <summary>Runs a program and returns its output.</summary>
    /// <exception cref="ComparisonException">It could not be started, or failed.</exception>
    public static string Run(string program, params IEnumerable<string> arguments)
    {
        string command = $"{program} {string.Join(' ', arguments)}";
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            Task<string> error = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? output : throw new ComparisonException($"{command} failed ({process.ExitCode}): {error.Result.Trim()}");
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new ComparisonException($"{command} could not be started: {e.Message}");
        }
    }
}
