using System.Diagnostics;

namespace Puna.Compare;

/// <summary>Programs that print what is wanted and end.</summary>
internal static class ChildProcess
{
    /// <summary>Runs a program and returns its exit code, output and errors.</summary>
    public static (int ExitCode, string Output, string Error) Try(string program, params IEnumerable<string> arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            Task<string> error = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output, error.Result);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return (-1, "", e.Message);
        }
    }

    /// <summary>Runs a program and returns its output.</summary>
    /// <exception cref="ComparisonException">It failed.</exception>
    public static string Run(string program, params IEnumerable<string> arguments)
    {
        (int exitCode, string output, string error) = Try(program, arguments);
        if (exitCode != 0) throw new ComparisonException($"{program} {string.Join(' ', arguments)} failed ({exitCode}): {error.Trim()}");
        return output;
    }
}
