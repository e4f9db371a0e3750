using Puna.Compute.Cpu.Threading;

namespace Puna.Compute.Cpu.Norm;

/// <summary><see cref="LayerNorm"/> of rows, divided over rows.</summary>
internal readonly unsafe struct LayerNormJob(HostActivations x, nint weight, nint bias, float eps, HostActivations y, int rows) : IParallelJob
{
    /// <inheritdoc/>
    public void Run(int worker, int workers)
    {
        (int first, int end) = WorkerTeam.Share(rows, 1, worker, workers);
        for (int r = first; r < end; r++)
            LayerNorm.Run(x.Pointer + ((long)r * x.Stride), (float*)weight, (float*)bias, y.Pointer + ((long)r * y.Stride), x.Width, eps);
    }
}
