using System.Diagnostics;
using System.Runtime.Intrinsics;
using Puna.Compute.Cpu.Threading;
using Puna.Tensors.Storage;

namespace Puna.Compute.Cpu;

/// <summary>Measures how fast this machine reads memory: what bounds the rate of generating tokens.</summary>
public static class MemoryBandwidth
{
    /// <summary>More than the caches of a large processor hold.</summary>
    private const long DefaultBytes = 512L << 20;

    /// <summary>Reads a block of memory front to back on all threads, again and again, and takes the fastest pass.</summary>
    /// <param name="duration">About how long to measure.</param>
    /// <param name="threads">Threads; null for one per core that the process may use.</param>
    /// <param name="bytes">Size of the block, in bytes.</param>
    /// <returns>Bytes per second.</returns>
    public static unsafe double Measure(TimeSpan duration, int? threads = null, long bytes = DefaultBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1 << 20);
        using NativeStorage block = NativeStorage.Allocate(bytes);
        using WorkerTeam team = new(threads ?? ProcessorTopology.UsableCores());
        new Span<byte>(block.Pointer, (int)Math.Min(bytes, int.MaxValue)).Fill(1); // a page that was never written is not memory yet

        long started = Stopwatch.GetTimestamp();
        double best = 0;
        do
        {
            ReadJob job = new(block.Pointer, bytes);
            long pass = Stopwatch.GetTimestamp();
            team.Run(ref job);
            best = Math.Max(best, bytes / Stopwatch.GetElapsedTime(pass).TotalSeconds);
        }
        while (Stopwatch.GetElapsedTime(started) < duration);

        return best;
    }

    private readonly unsafe struct ReadJob(byte* data, long bytes) : IParallelJob
    {
        private const int Unroll = 4;

        public void Run(int worker, int workers)
        {
            int stride = Unroll * Vector512<byte>.Count;
            (int first, int end) = WorkerTeam.Share(checked((int)(bytes / stride)), 1, worker, workers);
            Vector512<byte> a = default, b = default, c = default, d = default;
            byte* p = data + ((long)first * stride);
            for (int i = first; i < end; i++, p += stride)
            {
                a ^= Vector512.Load(p);
                b ^= Vector512.Load(p + Vector512<byte>.Count);
                c ^= Vector512.Load(p + (2 * Vector512<byte>.Count));
                d ^= Vector512.Load(p + (3 * Vector512<byte>.Count));
            }

            Consumed.Value = (a ^ b ^ c ^ d).ToScalar(); // without a use the reads would be left out
        }
    }

    private static class Consumed
    {
        [ThreadStatic]
        internal static byte Value;
    }
}
