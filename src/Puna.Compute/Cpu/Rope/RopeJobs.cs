using Puna.Compute.Cpu.Threading;

namespace Puna.Compute.Cpu.Rope;

/// <summary><see cref="RopeAngles"/> of rows, divided over rows.</summary>
internal readonly struct FillRopeJob(RopeTable rope, Batch batch, HostActivations angles) : IParallelJob
{
    /// <inheritdoc/>
    public void Run(int worker, int workers)
    {
        (int first, int end) = WorkerTeam.Share(batch.Rows, 1, worker, workers);
        for (int r = first; r < end; r++) RopeAngles.Fill(rope.Frequencies, batch.Positions[r], angles.Row(r));
    }
}

/// <summary><see cref="HeadRotation"/> of the queries and keys of rows, divided over rows.</summary>
internal readonly unsafe struct RotateJob(HostActivations q, HostActivations k, int rows, int headDim, RopeTable rope, HostActivations angles, float? normEps) : IParallelJob
{
    /// <inheritdoc/>
    public void Run(int worker, int workers)
    {
        int pairs = rope.Dimensions / 2;
        (int first, int end) = WorkerTeam.Share(rows, 1, worker, workers);
        for (int r = first; r < end; r++)
        {
            float* turns = angles.Pointer + ((long)r * angles.Stride);
            HeadRotation.Run(q.Pointer + ((long)r * q.Stride), q.Width / headDim, headDim, turns, pairs, rope.Pairing, normEps);
            HeadRotation.Run(k.Pointer + ((long)r * k.Stride), k.Width / headDim, headDim, turns, pairs, rope.Pairing, normEps);
        }
    }
}
