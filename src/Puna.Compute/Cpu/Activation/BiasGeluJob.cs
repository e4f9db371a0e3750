using Puna.Compute.Cpu.Threading;

namespace Puna.Compute.Cpu.Activation;

/// <summary><see cref="BiasGelu"/> of rows, divided over rows.</summary>
internal readonly unsafe struct BiasGeluJob(HostActivations x, nint bias, int rows, bool activate) : IParallelJob
{
    /// <inheritdoc/>
    public void Run(int worker, int workers)
    {
        (int first, int end) = WorkerTeam.Share(rows, 1, worker, workers);
        for (int r = first; r < end; r++) BiasGelu.Run(x.Pointer + ((long)r * x.Stride), (float*)bias, x.Width, activate);
    }
}
