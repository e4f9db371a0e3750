using Puna.Safety.Audit;
using Puna.Safety.Policy;

namespace Puna.Safety.Streams;

/// <summary>
/// What guards a service: the policy in force, where decisions are recorded, and who is asked where a person must agree. One
/// for all requests. The policy and the records are the caller's to dispose, behind the last request.
/// </summary>
/// <param name="policy">The policy.</param>
/// <param name="audit">Where decisions are recorded; null for nowhere.</param>
/// <param name="reviewer">Asked about decisions that a person must agree to; null where nobody can be asked, so that nothing of them goes on.</param>
public sealed class SafetyGuard(PolicyHost policy, AuditLog? audit = null, Func<PolicyDecision, CancellationToken, ValueTask<bool>>? reviewer = null)
{
    /// <summary>Where decisions are recorded, or null.</summary>
    public AuditLog? Audit { get; } = audit;

    internal Func<PolicyDecision, CancellationToken, ValueTask<bool>>? Reviewer { get; } = reviewer;

    internal DecisionCache Cache { get; } = new();

    /// <summary>Begins the guarding of a request.</summary>
    /// <param name="request">Identity of the request in records; null for a new one.</param>
    public SafetySession Begin(string? request = null) => new(this, policy.Acquire(), request ?? Guid.NewGuid().ToString("N"));
}
