using Puna.Safety.Audit;
using Puna.Safety.Policy;
using Puna.Safety.Streams;

namespace Puna.Cli.Serving;

/// <summary>The policy and the records of a server, from its start to its end. A policy that changes is told of on standard error and in the records.</summary>
internal sealed class ServedSafety : IDisposable
{
    private readonly PolicyHost _policy;
    private readonly AuditLog? _audit;

    /// <param name="policy">File of the policy.</param>
    /// <param name="audit">Folder of records, or null for none.</param>
    /// <param name="options">How to record.</param>
    internal ServedSafety(string policy, string? audit, AuditOptions options)
    {
        _policy = new PolicyHost(policy);
        try
        {
            _audit = audit is null ? null : AuditLog.Open(audit, options);
            Guard = new SafetyGuard(_policy, _audit);
            using PolicyLease lease = _policy.Acquire();
            Record("policy-loaded", lease.Policy.Hash, null);
        }
        catch
        {
            Dispose();
            throw;
        }

        _policy.Reloaded += loaded =>
        {
            Console.Error.WriteLine(TerminalText.Printable($"puna: {policy} changed; the policy '{loaded.Name}' is in force from now on."));
            Tell("policy-loaded", loaded.Hash, null);
        };
        _policy.ReloadFailed += error =>
        {
            Console.Error.WriteLine($"puna: {ExitCode.Message(error)} The policy before it stays in force.");
            Tell("policy-refused", null, error.Message);
        };
    }

    internal SafetyGuard Guard { get; } = null!;

    public void Dispose()
    {
        _policy.Dispose();
        _audit?.Dispose();
    }

    /// <summary>Records what nobody waits for. A disk that is full ends no server: no decision takes effect unrecorded, anyway.</summary>
    private void Tell(string name, string? hash, string? reason)
    {
        try
        {
            Record(name, hash, reason);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            Console.Error.WriteLine($"puna: {name} cannot be recorded: {ExitCode.Message(error)}");
        }
    }

    private void Record(string name, string? hash, string? reason) => _audit?.Append(name, writer =>
    {
        if (hash is not null) writer.WriteString("policy", hash);
        if (reason is not null) writer.WriteString("reason", reason);
    });
}
