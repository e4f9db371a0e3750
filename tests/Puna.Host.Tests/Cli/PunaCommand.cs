using System.Diagnostics;

namespace Puna.Host.Tests.Cli;

/// <summary>Runs the built command as a process of its own, as a shell would.</summary>
internal static class PunaCommand
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120); // no test comes near it; a hang must end

    /// <summary>What a finished process left.</summary>
    internal sealed record Result(int ExitCode, string Output, string Error);

    /// <summary>The executable of the configuration that this test was built in.</summary>
    internal static string Executable { get; } = ExecutableOf("src", "Puna.Cli", "puna");

    internal static Result Run(params string[] arguments) => RunWithInput("", arguments);

    internal static Result RunWithInput(string input, params string[] arguments)
    {
        using Process process = Start(arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        if (!process.WaitForExit(Limit))
        {
            process.Kill();
            Assert.Fail($"puna {string.Join(' ', arguments)} did not end. Standard error: {error.Result}");
        }

        return new Result(process.ExitCode, output.Result, error.Result);
    }

    internal static Process Start(params string[] arguments) => Start([], arguments);

    internal static Process Start(IEnumerable<(string Name, string Value)> environment, params string[] arguments)
    {
        ProcessStartInfo start = Prepare(arguments);
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private static ProcessStartInfo Prepare(string[] arguments) => new(Executable, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        UseShellExecute = false,
        Environment = { ["XDG_CONFIG_HOME"] = NoConfiguration, ["APPDATA"] = NoConfiguration }, // keys of whoever runs the tests must not matter
    };

    private static string NoConfiguration { get; } = Path.Combine(AppContext.BaseDirectory, "no-configuration");

    /// <summary>An executable of this repository.</summary>
    internal static string ExecutableOf(string folder, string project, string name)
    {
        DirectoryInfo framework = new(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)); // …/tests/Puna.Host.Tests/bin/CONFIGURATION/net10.0
        DirectoryInfo configuration = framework.Parent!;
        DirectoryInfo repository = configuration.Parent!.Parent!.Parent!.Parent!;
        string path = Path.Combine(repository.FullName, folder, project, "bin", configuration.Name, framework.Name, OperatingSystem.IsWindows() ? $"{name}.exe" : name);
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path}: build {project} in the same configuration first.", path);
    }
}
