using System.Net;
using System.Net.Sockets;

namespace Puna.Evaluation.Sandbox;

/// <summary>
/// Programs that attack the sandbox and the verdict, run before any score of code is printed: each says what it managed to do, and
/// a test asserts that it managed nothing. Each is small enough to do no harm should the sandbox fail.
/// </summary>
internal static class SandboxSelfTest
{
    private static readonly SandboxLimits Small = new() { Time = TimeSpan.FromSeconds(3), Memory = 256L << 20, AddressSpace = 256L << 20 };

    private sealed record Attack(string Name, string Program, string Tests, CodeOutcome[] Expected);

    /// <summary>Runs every attack; scores of code are refused unless all are contained.</summary>
    public static async Task<IReadOnlyList<SandboxCheck>> RunAsync(SandboxHost host, string python, CancellationToken cancel = default)
    {
        PythonJudge judge = new(host, python) { Limits = Small };
        string secret = Path.Combine(Path.GetTempPath(), $"puna-secret-{Guid.NewGuid():N}");
        await File.WriteAllTextAsync(secret, "gold answers", cancel).ConfigureAwait(false);
        try
        {
            List<SandboxCheck> checks = [];
            foreach (Attack attack in Attacks(secret))
            {
                CodeVerdict verdict = await judge.JudgeAsync(new PythonTask(attack.Program, attack.Tests, EntryPoint: null), cancel).ConfigureAwait(false);
                checks.Add(new SandboxCheck(attack.Name, attack.Expected.Contains(verdict.Outcome), $"{verdict.Outcome} {verdict.Detail}".TrimEnd()));
            }

            checks.Add(await NetworkAsync(judge, cancel).ConfigureAwait(false));
            checks.Add(await ForkBombAsync(host, python, cancel).ConfigureAwait(false));
            string left = await File.ReadAllTextAsync(secret, cancel).ConfigureAwait(false);
            checks.Add(new SandboxCheck("a file of this machine is as it was", left == "gold answers", left == "gold answers" ? "" : "it was changed"));
            return checks;
        }
        finally
        {
            File.Delete(secret);
        }
    }

    private static Attack[] Attacks(string secret) =>
    [
        new("a right program passes", "def f(x): return x + 1", "assert f(1) == 2", [CodeOutcome.Passed]),
        new("a wrong program fails", "def f(x): return x", "assert f(1) == 2", [CodeOutcome.Failed]),
        new("an endless loop is ended", "def f(x):\n    while True: pass", "assert f(1) == 2", [CodeOutcome.TimedOut]),
        new("a memory hog is stopped", "def f(x):\n    keep = []\n    for i in range(64): keep.append(bytearray(1 << 24))\n    return 2", "assert f(1) == 2", [CodeOutcome.Failed, CodeOutcome.OutOfMemory, CodeOutcome.Crashed]),
        new("a full disk is only the sandbox's", """
            def f():
                done = 0
                try:
                    for i in range(100):
                        with open(f"/box/{i}", "wb") as file: file.write(bytes(1 << 20))
                        done += 1
                except OSError:
                    return "full" if done < 100 else "took it all"
                return "took it all"
            """, "assert f() == 'full'", [CodeOutcome.Passed]),
        new("files of this machine cannot be read, changed or listed", $$"""
            import os
            def f():
                done = []
                for path in ("{{secret}}", "/etc/passwd", "/proc/1/root{{secret}}", "/proc/self/cwd/../..{{secret}}", "/proc/1/cwd{{secret}}"):
                    try:
                        open(path).close()
                        done.append("r" + path)
                    except OSError: pass
                try:
                    open("{{secret}}", "a").write("x") # at most a file of that name in the sandbox: looked at from outside
                except OSError: pass
                for path in ("/new", "/usr/new", "/etc/new", "/dev/new", "/proc/sys/kernel/hostname"):
                    try:
                        open(path, "w").write("x")
                        done.append("w" + path)
                    except OSError: pass
                try:
                    os.mknod("/box/disk", 0o60666, os.makedev(8, 0))
                    done.append("device")
                except OSError: pass
                return done + [name for name in os.listdir("/") if name not in ("bin", "box", "dev", "etc", "lib", "lib32", "lib64", "proc", "sbin", "tmp", "usr")]
            """, "assert f() == [], f()", [CodeOutcome.Passed]),
        new("processes of this machine are not there", "import os\ndef f():\n    return len([p for p in os.listdir('/proc') if p.isdigit()])", "assert f() == 1", [CodeOutcome.Passed]),
        new("leaving with exit code 0 is no pass", "import os\ndef f(x): os._exit(0)", "assert f(1) == 2", [CodeOutcome.Crashed]),
        new("leaving while loading is no pass", "import os\nos._exit(0)", "assert f(1) == 2", [CodeOutcome.Crashed]),
        new("raising SystemExit is no pass", "import sys\ndef f(x): sys.exit(0)", "assert f(1) == 2", [CodeOutcome.Failed]),
        new("printing a pass is no pass", """
            import os
            def f(x):
                for fd in range(64):
                    try: os.write(fd, b'["passed"]\n')
                    except OSError: pass
                return 1
            """, "assert f(1) == 2", [CodeOutcome.Failed, CodeOutcome.Crashed]),
        new("values that call themselves equal are not", """
            class Always(int):
                def __eq__(self, other): return True
                def __ne__(self, other): return False
                __hash__ = int.__hash__
            class Anything:
                def __eq__(self, other): return True
            def f(x): return Always(7)
            def g(x): return Anything()
            """, "assert f(1) == 2 or g(1) == 2", [CodeOutcome.Failed]),
        new("changed built-ins change nothing", """
            import builtins
            class Quiet(Exception): pass
            builtins.AssertionError = Quiet
            builtins.abs = lambda x: 0
            builtins.len = lambda x: 2
            def f(x): return [1]
            """, "assert abs(-5) == 5 and len(f(1)) == 2", [CodeOutcome.Failed]),
    ];

    /// <summary>A door of this machine that is open for everyone, and not for the sandbox.</summary>
    private static async Task<SandboxCheck> NetworkAsync(PythonJudge judge, CancellationToken cancel)
    {
        using TcpListener door = new(IPAddress.Loopback, 0);
        door.Start();
        string program = $$"""
            import socket
            def f():
                done = []
                for address in (("127.0.0.1", {{((IPEndPoint)door.LocalEndpoint).Port}}), ("1.1.1.1", 53)):
                    try:
                        socket.create_connection(address, 1).close()
                        done.append(address[0])
                    except OSError: pass
                return done
            """;
        CodeVerdict verdict = await judge.JudgeAsync(new PythonTask(program, "assert f() == [], f()", EntryPoint: null), cancel).ConfigureAwait(false);
        return new SandboxCheck("there is no network, this machine's own included", verdict.Passed && !door.Pending(), $"{verdict.Outcome} {verdict.Detail}".TrimEnd());
    }

    // Grows to more processes than the sandbox may have, and then no further.
    private static async Task<SandboxCheck> ForkBombAsync(SandboxHost host, string python, CancellationToken cancel)
    {
        const string bomb = """
            import os, sys, time
            for i in range(100):
                try:
                    if os.fork() == 0:
                        time.sleep(60)
                        os._exit(0)
                except OSError:
                    print("held at", i, flush=True)
                    time.sleep(60)
            """;
        SandboxOutcome outcome = await host.RunAsync([python, "-I", "-S", "-c", bomb], "", Small with { Time = TimeSpan.FromSeconds(2) }, [], cancel).ConfigureAwait(false);

        // Besides its own processes there are the ones that set the sandbox up.
        bool contained = outcome.End == SandboxEnd.Time && outcome.Output.StartsWith("held at", StringComparison.Ordinal) && outcome.PeakProcesses <= Small.Processes + 2;
        return new SandboxCheck("a fork bomb is held and ended", contained, $"{outcome.End}, {outcome.Output.Trim()}, at most {outcome.PeakProcesses} processes");
    }
}
