namespace Puna.Compute.Cpu;

/// <summary>How the CPU backend runs.</summary>
public sealed record CpuBackendOptions
{
    /// <summary>
    /// Threads of an op, the caller's included; null for one per physical core that the process may use. Results do not
    /// depend on it.
    /// </summary>
    public int? Threads { get; init; }

    /// <summary>
    /// The most that matrix products may use of the processor; null, or more than it has, for all of it. Results do not
    /// depend on it.
    /// </summary>
    public CpuLevel? Level { get; init; }
}
