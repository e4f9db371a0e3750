namespace Puna.Evaluation.Sandbox;

/// <summary>What runs programs that models wrote, after it has shown that it holds them.</summary>
public sealed class CodeRunner
{
    private readonly (CSharpJudge? Judge, string? Reason) _csharp;

    private CodeRunner(PythonJudge python, SandboxHost host) => (Python, _csharp) = (python, CSharpJudge.Open(host));

    internal PythonJudge Python { get; }

    /// <exception cref="EvaluationException">There is no C# compiler here.</exception>
    internal CSharpJudge CSharp => _csharp.Judge ?? throw new EvaluationException($"C# programs cannot be compiled here: {_csharp.Reason}.");

    /// <summary>Opens the sandbox and attacks it; only where it holds, programs are run.</summary>
    /// <exception cref="EvaluationException">This machine cannot isolate programs, or an attack was not contained.</exception>
    public static async Task<CodeRunner> OpenAsync(CancellationToken cancellationToken = default)
    {
        IReadOnlyList<SandboxCheck> checks = await CodeSandbox.SelfTestAsync(cancellationToken).ConfigureAwait(false);
        SandboxCheck[] broken = [.. checks.Where(check => !check.Contained)];
        if (broken.Length > 0) throw new EvaluationException($"The sandbox does not hold: {string.Join("; ", broken.Select(check => check.Name))}. No program is run here.");

        (SandboxHost? host, string? reason) = SandboxHost.Open();
        if (host is null) throw new EvaluationException($"Programs cannot be isolated here: {reason}.");
        (PythonJudge? judge, reason) = PythonJudge.Open(host);
        return judge is null ? throw new EvaluationException($"Programs cannot be run here: {reason}.") : new CodeRunner(judge, host);
    }
}
