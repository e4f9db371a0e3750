using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace Puna.Evaluation.Sandbox;

/// <summary>
/// Starts programs that a model wrote where they can do no harm: in new user, mount, network, process, IPC and host-name
/// namespaces of Linux, over a file system that holds only system folders, read-only, and one small folder in memory; without
/// capabilities, and under limits. Nothing needs to be installed but util-linux, and no rights are needed. Where the kernel
/// refuses (other systems, locked-down containers), there is no sandbox, and nothing is run.
/// </summary>
internal sealed class SandboxHost
{
    private const string SystemFolders = "/usr:/bin:/sbin:/lib:/lib32:/lib64";

    // Owned by nobody: a root that starts evaluations lends none of its rights, and every sandbox counts its own processes.
    private const int FirstUser = 300_000;
    private const int Users = 100_000;

    private static int _lastUser = Random.Shared.Next(Users);

    private readonly string _unshare;

    private SandboxHost(string unshare) => _unshare = unshare;

    /// <summary>A host that isolates, or the reason why this machine has none.</summary>
    public static (SandboxHost? Host, string? Reason) Open()
    {
        if (!OperatingSystem.IsLinux()) return (null, "programs are isolated by Linux namespaces only; run evaluations of code in a Linux container or machine");
        foreach (string tool in (ReadOnlySpan<string>)["unshare", "setpriv", "prlimit", "mount", "umount", "pivot_root"])
        {
            if (Find(tool) is null) return (null, $"{tool} (of util-linux) is not in {string.Join(", ", ToolFolders)}; install util-linux");
        }

        SandboxHost host = new(Find("unshare")!);
        SandboxOutcome trial = host.RunAsync(["/bin/sh", "-c", "echo inside"], input: "", new SandboxLimits(), [], CancellationToken.None).GetAwaiter().GetResult();
        return trial.Output == "inside\n"
            ? (host, null)
            : (null, $"the kernel refuses unprivileged namespaces ({trial.Error.Trim()}); allow them (kernel.apparmor_restrict_unprivileged_userns=0, user.max_user_namespaces>0), or use another machine");
    }

    private static string[] ToolFolders => ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

    /// <summary>The path of a system tool, null where there is none.</summary>
    public static string? Find(string tool) => ToolFolders.Select(folder => Path.Combine(folder, tool)).FirstOrDefault(File.Exists);

    /// <summary>Starts a program; whoever starts it disposes it.</summary>
    /// <param name="command">The program's path in the sandbox and its arguments.</param>
    /// <param name="limits">What it may use.</param>
    /// <param name="folders">Folders of this machine that it sees besides the system's, read-only.</param>
    /// <param name="environment">Its variables as NAME=VALUE; it gets no others but PATH and HOME.</param>
    public SandboxProcess Start(IReadOnlyList<string> command, SandboxLimits limits, IReadOnlyList<string> folders, IReadOnlyList<string>? environment = null)
    {
        if (folders.Any(folder => folder.Contains(':', StringComparison.Ordinal))) throw new ArgumentException("A folder with a colon in its path cannot be shown in the sandbox.", nameof(folders));

        string[] variables = ["PATH=/usr/bin:/bin", "HOME=/box", "PYTHONHASHSEED=0", "OMP_NUM_THREADS=1", "LANG=C.UTF-8", .. environment ?? []];
        string[] line = [.. Namespaces(), "/bin/sh", "-c", Script.Value, "enter", .. Numbers(limits), string.Join(':', [SystemFolders, .. folders]), "--", .. variables, .. command];
        ProcessStartInfo start = new(line[0], line.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        return new SandboxProcess(Process.Start(start) ?? throw new EvaluationException($"{line[0]} could not be started."), limits);
    }

    /// <summary>Runs a program to its end.</summary>
    /// <param name="command">The program's path in the sandbox and its arguments.</param>
    /// <param name="input">Its standard input.</param>
    /// <param name="limits">What it may use.</param>
    /// <param name="folders">Folders it sees besides the system's.</param>
    /// <param name="cancel">Ends it.</param>
    /// <param name="environment">Its variables.</param>
    public async Task<SandboxOutcome> RunAsync(IReadOnlyList<string> command, string input, SandboxLimits limits, IReadOnlyList<string> folders, CancellationToken cancel, IReadOnlyList<string>? environment = null)
    {
        await using SandboxProcess process = Start(command, limits, folders, environment);
        using CancellationTokenRegistration registration = cancel.Register(process.Stop);
        Task<string> output = process.ReadToEndAsync();
        await process.WriteAsync(input).ConfigureAwait(false);
        process.CloseInput();
        string text = await output.ConfigureAwait(false);
        SandboxEnd end = await process.EndAsync().ConfigureAwait(false);
        cancel.ThrowIfCancellationRequested();
        return new SandboxOutcome(end, process.ExitCode, text, process.ErrorText, process.PeakProcesses);
    }

    private IEnumerable<string> Namespaces()
    {
        if (Environment.IsPrivilegedProcess)
        {
            string user = (FirstUser + (int)((uint)Interlocked.Increment(ref _lastUser) % Users)).ToString(CultureInfo.InvariantCulture);
            foreach (string part in (string[])[Find("setpriv")!, "--reuid", user, "--regid", user, "--clear-groups"]) yield return part;
        }

        foreach (string part in (string[])[_unshare, "--user", "--map-root-user", "--mount", "--net", "--ipc", "--uts", "--cgroup", "--pid", "--fork", "--kill-child=KILL"]) yield return part;
    }

    private static IEnumerable<string> Numbers(SandboxLimits limits)
    {
        string seconds = Math.Ceiling(limits.Time.TotalSeconds + 1).ToString(CultureInfo.InvariantCulture);
        string space = limits.AddressSpace?.ToString(CultureInfo.InvariantCulture) ?? "unlimited";
        return [Text(limits.Disk), Text(limits.Files), seconds, space, Text(limits.Memory), Text(limits.Processes), Text(limits.Disk), Text(limits.OpenFiles)];
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static readonly Lazy<string> Script = new(() => Resource("enter.sh"));

    /// <summary>A script that comes with this library.</summary>
    internal static string Resource(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
