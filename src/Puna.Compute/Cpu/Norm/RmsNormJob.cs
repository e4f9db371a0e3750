using Puna.Compute.Cpu.Threading;

namespace Puna.Compute.Cpu.Norm;

/// <summary><see cref="RmsNorm"/> of rows, divided over rows.</summary>
internal readonly unsafe struct RmsNormJob(HostActivations x, nint weight, float eps, HostActivations y, int rows) : IParallelJob
{
    /// <inheritdoc/>
    public void Run(int worker, int workers)
    {
        (int first, int end) = WorkerTeam.Share(rows, 1, worker, workers);
        for (int r = first; r < end; r++)
            RmsNorm.Run(x.Pointer + ((long)r * x.Stride), (float*)weight, y.Pointer + ((long)r * y.Stride), x.Width, eps);
    }
}
