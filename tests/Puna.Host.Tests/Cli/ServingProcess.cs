using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Puna.Host.Tests.Cli;

/// <summary><c>puna serve</c> as a process, on a free port.</summary>
internal sealed partial class ServingProcess : IDisposable
{
    private const int Sigterm = 15;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Task<string> _errors;

    private ServingProcess(Process process, Task<string> errors, string banner, Uri url)
    {
        _process = process;
        _errors = errors;
        Banner = banner;
        Url = url;
        Http = new HttpClient(new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, _, _, _) => true }) { BaseAddress = url };
    }

    internal Uri Url { get; }

    internal HttpClient Http { get; }

    /// <summary>What it said when it was ready.</summary>
    internal string Banner { get; }

    internal static Task<ServingProcess> StartAsync(string model, params string[] arguments) => StartAsync([], model, arguments);

    internal static async Task<ServingProcess> StartAsync(IEnumerable<(string Name, string Value)> environment, string model, params string[] arguments)
    {
        Process process = PunaCommand.Start(environment, ["serve", model, "--port", "0", "--threads", "1", .. arguments]);
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string banner = "";
        while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Limit) is { } line)
        {
            banner += line + "\n";
            if (line.StartsWith("Ctrl-C", StringComparison.Ordinal)) break;
        }

        if (banner.Length == 0) Assert.Fail($"The server did not start: {await errors}");
        string url = banner.Split('\n')[0].Split(' ')[^1];
        return new ServingProcess(process, errors, banner, new Uri(url + "/"));
    }

    /// <summary>Tells it to end, as a service manager does.</summary>
    internal void Terminate() => Assert.Equal(0, Kill(_process.Id, Sigterm));

    /// <summary>Waits for its end.</summary>
    /// <returns>Exit code and all that it wrote on standard error.</returns>
    internal async Task<(int ExitCode, string Errors)> EndAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Limit);
        return (_process.ExitCode, await _errors);
    }

    public void Dispose()
    {
        Http.Dispose();
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}
