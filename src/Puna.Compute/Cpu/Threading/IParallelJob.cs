namespace Puna.Compute.Cpu.Threading;

/// <summary>Work that a team divides by worker number. A struct, so that starting it allocates nothing.</summary>
internal interface IParallelJob
{
    /// <summary>Does the share of worker <paramref name="worker"/> of <paramref name="workers"/>.</summary>
    /// <remarks>How the work is divided must not change any result: divide over rows and heads, never over a sum.</remarks>
    void Run(int worker, int workers);
}
