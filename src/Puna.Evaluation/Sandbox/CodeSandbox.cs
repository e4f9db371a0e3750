namespace Puna.Evaluation.Sandbox;

/// <summary>Where programs that a model wrote are run.</summary>
public static class CodeSandbox
{
    /// <summary>Runs programs that attack the sandbox and the verdict, and tells of each whether it was contained.</summary>
    /// <exception cref="EvaluationException">This machine cannot isolate programs; the message says why and what to do.</exception>
    public static async Task<IReadOnlyList<SandboxCheck>> SelfTestAsync(CancellationToken cancellationToken = default)
    {
        (SandboxHost? host, string? reason) = SandboxHost.Open();
        if (host is null) throw new EvaluationException($"Programs cannot be isolated here: {reason}.");
        string python = SandboxHost.Find("python3") ?? throw new EvaluationException("python3 is in none of the system's folders; install it.");
        return await SandboxSelfTest.RunAsync(host, python, cancellationToken).ConfigureAwait(false);
    }
}
