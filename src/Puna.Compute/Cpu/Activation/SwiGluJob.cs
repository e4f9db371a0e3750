using Puna.Compute.Cpu.Threading;

namespace Puna.Compute.Cpu.Activation;

/// <summary><see cref="SwiGlu"/> of rows, divided over rows and, as each element stands alone, within them.</summary>
internal readonly struct SwiGluJob(HostActivations gate, HostActivations up, HostActivations y, int rows) : IParallelJob
{
    /// <summary>Elements are dealt out in cache lines.</summary>
    private const int Unit = 16;

    /// <inheritdoc/>
    public void Run(int worker, int workers)
    {
        int width = y.Width;
        (int firstColumn, int endColumn) = rows >= workers ? (0, width) : WorkerTeam.Share(width, Unit, worker, workers);
        (int first, int end) = rows >= workers ? WorkerTeam.Share(rows, 1, worker, workers) : (0, rows);
        for (int r = first; r < end; r++)
            SwiGlu.Run(gate.Row(r)[firstColumn..endColumn], up.Row(r)[firstColumn..endColumn], y.Row(r)[firstColumn..endColumn]);
    }
}
