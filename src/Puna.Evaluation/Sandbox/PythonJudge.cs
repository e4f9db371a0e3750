using System.Text.Json;
using System.Text.Json.Nodes;

namespace Puna.Evaluation.Sandbox;

/// <summary>
/// Judges Python programs. The program runs in one sandbox, its tests in another; calls and results go between them as plain
/// values. So a pass cannot be forged: the program shares no process, no file and no memory with what decides, never sees an
/// expected value, and its exit code and output count for nothing.
/// </summary>
internal sealed class PythonJudge(SandboxHost host, string python)
{
    private readonly string[] _folders = Folders(python);

    /// <summary>What one program may use.</summary>
    public SandboxLimits Limits { get; init; } = new();

    /// <summary>A judge with the system's interpreter, or the reason why there is none.</summary>
    public static (PythonJudge? Judge, string? Reason) Open(SandboxHost host) =>
        SandboxHost.Find("python3") is { } python ? (new PythonJudge(host, python), null) : (null, "python3 is in none of the system's folders; install it, or name an interpreter");

    /// <summary>Runs a program against its tests. One that ran out of time is tried once more.</summary>
    public async Task<CodeVerdict> JudgeAsync(PythonTask task, CancellationToken cancel = default)
    {
        CodeVerdict verdict = await TryAsync(task, cancel).ConfigureAwait(false);
        return verdict.Outcome == CodeOutcome.TimedOut ? await TryAsync(task, cancel).ConfigureAwait(false) : verdict;
    }

    private async Task<CodeVerdict> TryAsync(PythonTask task, CancellationToken cancel)
    {
        // The tests wait for the program, so they get a little longer.
        await using SandboxProcess program = Start("candidate.py", Limits);
        await using SandboxProcess tests = Start("tester.py", Limits with { Time = Limits.Time + TimeSpan.FromSeconds(2) });
        using CancellationTokenRegistration registration = cancel.Register(() =>
        {
            program.Stop();
            tests.Stop();
        });

        await program.WriteAsync(Line(JsonValue.Create(task.Program))).ConfigureAwait(false);
        if (await program.ReadLineAsync().ConfigureAwait(false) is not { } loaded) return await EndedAsync(program, cancel).ConfigureAwait(false);
        if (Answer(loaded) is { } problem) return new CodeVerdict(CodeOutcome.Failed, problem);

        await tests.WriteAsync(Line(new JsonObject { ["prelude"] = task.Prelude, ["tests"] = task.Tests, ["entry_point"] = task.EntryPoint })).ConfigureAwait(false);
        while (await tests.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            using JsonDocument? message = Parse(line);
            if (message is null) break; // killed in the middle of a line
            switch (message.RootElement[0].GetString())
            {
                case "passed": return new CodeVerdict(CodeOutcome.Passed, "");
                case "failed": return new CodeVerdict(CodeOutcome.Failed, Text(message.RootElement));
            }

            JsonElement call = message.RootElement;
            await program.WriteAsync($"[{call[1].GetRawText()},{call[2].GetRawText()},{call[3].GetRawText()}]\n").ConfigureAwait(false);
            if (await program.ReadLineAsync().ConfigureAwait(false) is not { } reply) return await EndedAsync(program, cancel).ConfigureAwait(false);
            await tests.WriteAsync(reply + "\n").ConfigureAwait(false);
        }

        cancel.ThrowIfCancellationRequested();
        tests.CloseInput();
        return await tests.EndAsync().ConfigureAwait(false) switch
        {
            SandboxEnd.Time => new CodeVerdict(CodeOutcome.TimedOut, "the tests did not end in time"),
            SandboxEnd.Memory => new CodeVerdict(CodeOutcome.OutOfMemory, "the tests took more memory than allowed, with the values that the program returned"),
            SandboxEnd.Output => new CodeVerdict(CodeOutcome.Crashed, "the tests wrote more than allowed"),
            var end => new CodeVerdict(CodeOutcome.Crashed, $"the process of the tests ended ({end}, exit code {tests.ExitCode}) before they did. {tests.ErrorText.Trim()}".TrimEnd()),
        };
    }

    private static JsonDocument? Parse(string line)
    {
        try
        {
            return JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 512 });
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private SandboxProcess Start(string script, SandboxLimits limits) =>
        host.Start([python, "-I", "-S", "-B", "-X", "utf8", "-c", SandboxHost.Resource(script)], limits, _folders);

    private static async Task<CodeVerdict> EndedAsync(SandboxProcess program, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();

        // It closed its output; where that is not because it was killed, it may go on for as long as it has.
        program.CloseInput();
        return await program.EndAsync().ConfigureAwait(false) switch
        {
            SandboxEnd.Time => new CodeVerdict(CodeOutcome.TimedOut, "the program did not end in time"),
            SandboxEnd.Memory => new CodeVerdict(CodeOutcome.OutOfMemory, "the program took more memory than allowed"),
            SandboxEnd.Output => new CodeVerdict(CodeOutcome.Crashed, "the program wrote more than allowed"),
            _ => new CodeVerdict(CodeOutcome.Crashed, $"the program ended with exit code {program.ExitCode} before its tests did"),
        };
    }

    /// <summary>What a program's answer to being loaded complains of, null where it was loaded.</summary>
    private static string? Answer(string line)
    {
        try
        {
            using JsonDocument answer = JsonDocument.Parse(line);
            return answer.RootElement[0].GetString() == "v" ? null : Text(answer.RootElement);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or IndexOutOfRangeException)
        {
            return "the program wrote over the line of its calls";
        }
    }

    private static string Text(JsonElement message) => $"{Words(message[1])}: {Words(message[2])}".TrimEnd(' ', ':');

    // Python's texts may hold half of a surrogate pair, which no text here can.
    private static string Words(JsonElement text)
    {
        try
        {
            return text.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            return text.GetRawText();
        }
    }

    private static string Line(JsonNode node) => node.ToJsonString() + "\n";

    // An interpreter outside the system's folders is shown with its libraries.
    private static string[] Folders(string python)
    {
        string real = File.ResolveLinkTarget(python, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(python);
        return real.StartsWith("/usr/", StringComparison.Ordinal) ? [] : [Path.GetDirectoryName(Path.GetDirectoryName(real)!)!];
    }
}
