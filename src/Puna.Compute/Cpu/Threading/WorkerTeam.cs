using System.Runtime.CompilerServices;

namespace Puna.Compute.Cpu.Threading;

/// <summary>
/// A fixed team of threads that run the shares of one job and meet again: the caller is worker 0. Between jobs the others
/// spin for a while and then sleep, so that an idle engine uses no processor. One caller at a time.
/// </summary>
internal sealed unsafe class WorkerTeam : IDisposable
{
    /// <summary>Polls before a waiting worker sleeps; some tens of microseconds, longer than the gap between two ops.</summary>
    private const int SpinsBeforeSleep = 4_000;

    private readonly Thread[] _threads;
    private readonly object _sleepLock = new();
    private int _sleepers;
    private int _generation;
    private int _running;
    private bool _stop;
    private void* _job;
    private delegate*<void*, int, int, void> _run;
    private Exception? _failure;

    /// <summary>A team of <paramref name="count"/> workers, the caller included.</summary>
    /// <param name="count">At least 1.</param>
    public WorkerTeam(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        Count = count;
        _threads = new Thread[count - 1];
        for (int i = 0; i < _threads.Length; i++)
        {
            int worker = i + 1;
            _threads[i] = new Thread(() => Work(worker)) { IsBackground = true, Name = $"puna worker {worker}" };
            _threads[i].Start();
        }
    }

    /// <summary>Workers, the caller included.</summary>
    public int Count { get; }

    /// <summary>Items [first, end) of <paramref name="total"/> that fall to a worker, in whole multiples of <paramref name="unit"/>.</summary>
    public static (int First, int End) Share(int total, int unit, int worker, int workers)
    {
        long units = (total + unit - 1) / unit;
        int first = (int)(units * worker / workers) * unit;
        int end = (int)(units * (worker + 1) / workers) * unit;
        return (Math.Min(first, total), Math.Min(end, total));
    }

    /// <summary>
    /// Runs every worker's share of <paramref name="job"/> and returns when all are done. Workers share one copy of it, so
    /// results go where its pointers and references lead.
    /// </summary>
    /// <exception cref="AggregateException">A share failed; the others were finished.</exception>
    public void Run<TJob>(ref TJob job)
        where TJob : struct, IParallelJob
    {
        ObjectDisposedException.ThrowIf(_stop, this); // its workers would never answer
        if (Count == 1)
        {
            job.Run(0, 1);
            return;
        }

        // Workers get an address, so the job must not move: the caller's own may lie in an object on the heap, this copy
        // lies on the stack until all have finished.
        TJob shared = job;
        _job = Unsafe.AsPointer(ref shared);
        _run = &Invoke<TJob>;
        Volatile.Write(ref _running, _threads.Length);
        Interlocked.Increment(ref _generation);
        if (Volatile.Read(ref _sleepers) > 0) WakeAll();

        try
        {
            shared.Run(0, Count);
        }
        catch (Exception e)
        {
            Interlocked.CompareExchange(ref _failure, e, null);
        }

        SpinWait spinner = default;
        while (Volatile.Read(ref _running) != 0) spinner.SpinOnce(sleep1Threshold: -1);

        if (_failure is { } failure)
        {
            _failure = null;
            throw new AggregateException("A worker failed.", failure);
        }
    }

    /// <summary>Ends the threads.</summary>
    public void Dispose()
    {
        if (_stop) return;
        Volatile.Write(ref _stop, true);
        Interlocked.Increment(ref _generation);
        WakeAll();
        foreach (Thread thread in _threads) thread.Join();
    }

    private static void Invoke<TJob>(void* job, int worker, int workers)
        where TJob : struct, IParallelJob => Unsafe.AsRef<TJob>(job).Run(worker, workers);

    private void Work(int worker)
    {
        int seen = 0;
        while (true)
        {
            seen = WaitForNext(seen);
            if (Volatile.Read(ref _stop)) return;

            try
            {
                _run(_job, worker, Count);
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref _failure, e, null);
            }

            Interlocked.Decrement(ref _running);
        }
    }

    private int WaitForNext(int seen)
    {
        for (int spin = 0; spin < SpinsBeforeSleep; spin++)
        {
            int now = Volatile.Read(ref _generation);
            if (now != seen) return now;
            Thread.SpinWait(8);
        }

        lock (_sleepLock)
        {
            // Counted before the last look at the generation: the caller looks at the count after raising it.
            Interlocked.Increment(ref _sleepers);
            while (Volatile.Read(ref _generation) == seen) Monitor.Wait(_sleepLock);
            Interlocked.Decrement(ref _sleepers);
        }

        return Volatile.Read(ref _generation);
    }

    private void WakeAll()
    {
        lock (_sleepLock) Monitor.PulseAll(_sleepLock);
    }
}
