using Puna.Compute.Cpu.MatMul;
using Puna.Compute.Cpu.Threading;

namespace Puna.Compute.Cpu.Disentangled;

/// <summary>Disentangled attention of many windows: heads of windows are claimed one at a time by the team's workers.</summary>
internal sealed unsafe class DisentangledAttention(WorkerTeam team) : IDisposable
{
    private readonly NativeScratch _scratch = new();
    private RowWindow[] _windows = [];
    private int _next;

    /// <summary>Runs the op; operands were checked.</summary>
    public void Run(in DisentangledCall call, ReadOnlySpan<RowWindow> windows)
    {
        if (windows.IsEmpty) return;
        if (_windows.Length < windows.Length) Array.Resize(ref _windows, windows.Length);
        windows.CopyTo(_windows);

        int longest = 0;
        foreach (RowWindow window in windows) longest = Math.Max(longest, window.Count);
        long floats = (DisentangledKernel.ScratchFloats(longest, call.Spec.HeadDim) + 15) & ~15;
        HeadsJob job = new(this, call, windows.Length, _scratch.Reserve(floats * sizeof(float) * team.Count), floats);
        _next = 0;
        team.Run(ref job);
    }

    /// <inheritdoc/>
    public void Dispose() => _scratch.Dispose();

    private readonly struct HeadsJob(DisentangledAttention owner, DisentangledCall call, int windows, byte* scratch, long floats) : IParallelJob
    {
        private readonly byte* _scratch = scratch;

        public void Run(int worker, int workers)
        {
            int heads = call.Spec.NHeads;
            float* own = (float*)_scratch + (worker * floats);
            while (true)
            {
                int item = Interlocked.Increment(ref owner._next) - 1;
                if (item >= windows * heads) return;
                DisentangledKernel.Run(call, owner._windows[item / heads], item / heads, item % heads, own);
            }
        }
    }
}
