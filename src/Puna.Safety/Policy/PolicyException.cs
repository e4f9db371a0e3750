namespace Puna.Safety.Policy;

/// <summary>Something wrong in a policy.</summary>
/// <param name="Pointer">JSON Pointer (RFC 6901) of the place; empty for the whole file.</param>
/// <param name="Message">What is wrong and what is possible.</param>
public sealed record PolicyProblem(string Pointer, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{(Pointer.Length == 0 ? "(the file)" : Pointer)}: {Message}";
}

/// <summary>A policy cannot be used.</summary>
/// <param name="source">Where the policy came from.</param>
/// <param name="problems">All that is wrong.</param>
public sealed class PolicyException(string source, IReadOnlyList<PolicyProblem> problems)
    : Exception($"{source}: {string.Join("; ", problems)}")
{
    /// <summary>All that is wrong, one at least.</summary>
    public IReadOnlyList<PolicyProblem> Problems { get; } = problems;
}
