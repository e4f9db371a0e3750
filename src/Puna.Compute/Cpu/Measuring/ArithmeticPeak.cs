using System.Diagnostics;
using System.Runtime.Intrinsics.X86;
using Puna.Compute.Cpu.Assembler;
using Puna.Compute.Cpu.Threading;

namespace Puna.Compute.Cpu.Measuring;

/// <summary>
/// Measures how fast this machine computes: loops of one instruction on registers alone, assembled for the widest registers that the
/// process may use. Nothing that reads memory can be faster.
/// </summary>
public static unsafe class ArithmeticPeak
{
    private const long FirstIterations = 20_000;

    private static readonly TimeSpan Pass = TimeSpan.FromMilliseconds(4);

    /// <summary>Runs the loop on all threads, again and again, and takes the fastest pass.</summary>
    /// <param name="operation">What to count.</param>
    /// <param name="duration">About how long to measure.</param>
    /// <param name="threads">Threads; null for one per core that the process may use.</param>
    /// <returns>
    /// Operations a second of all threads (a product and a sum are two), or null where the processor lacks the instruction or the
    /// system refuses executable memory.
    /// </returns>
    public static double? Measure(ArithmeticOperation operation, TimeSpan duration, int? threads = null)
    {
        if (Loop(operation) is not { } loop) return null;
        using MachineCode? code = MachineCode.TryLoad(MachineCode.SystemPages, loop.Assemble());
        if (code is null) return null;

        using WorkerTeam team = new(threads ?? ProcessorTopology.UsableCores());
        nint address = code.Address + loop.EntryOffset;
        long iterations = FirstIterations;
        double best = 0;
        long started = Stopwatch.GetTimestamp();
        do
        {
            LoopJob job = new(address, iterations);
            long pass = Stopwatch.GetTimestamp();
            team.Run(ref job);
            TimeSpan time = Stopwatch.GetElapsedTime(pass);
            best = Math.Max(best, (double)iterations * loop.OperationsPerIteration * team.Count / time.TotalSeconds);
            if (time < Pass / 2) iterations *= 2;
        }
        while (Stopwatch.GetElapsedTime(started) < duration);

        return best;
    }

    /// <summary>The loop for this processor, or null where it lacks the instruction.</summary>
    internal static PeakAssembly? Loop(ArithmeticOperation operation)
    {
        if (!X86Base.X64.IsSupported) return null;
        bool windows = OperatingSystem.IsWindows();
        bool? wide = operation switch
        {
            ArithmeticOperation.Int8Dot => CpuFeatures.Highest == CpuLevel.Avx512Vnni ? true : AvxVnni.IsSupported ? false : null,
            ArithmeticOperation.BFloat16Dot => CpuFeatures.HasAvx512BFloat16 ? true : null,
            _ => Avx512F.IsSupported ? true : Fma.IsSupported ? false : null,
        };
        return wide is { } registers ? new PeakAssembly(operation, registers, windows) : null;
    }

    private readonly struct LoopJob(nint code, long iterations) : IParallelJob
    {
        public void Run(int worker, int workers)
        {
            PeakCall call = new() { Iterations = iterations };
            ((delegate* unmanaged<PeakCall*, void>)code)(&call);
        }
    }
}
