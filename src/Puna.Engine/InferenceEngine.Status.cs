namespace Puna.Engine;

public sealed partial class InferenceEngine
{
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _draining;

    // Written by the engine's thread after what changes them, read by anyone.
    private int _running;
    private int _retainedCount;
    private long _kvBytesUsed;
    private long _kvBytesAllocated;

    /// <summary>What the engine has in hand. Safe from any thread; costs no step anything.</summary>
    public EngineStatus Status => new(
        Volatile.Read(ref _running), _scheduler.WaitingCount, Volatile.Read(ref _retainedCount),
        Volatile.Read(ref _kvBytesUsed), Volatile.Read(ref _kvBytesAllocated));

    /// <summary>
    /// Lets no further request in, and waits until those that are in, waiting ones too, have ended. The engine stays until
    /// it is disposed, which ends what then still runs.
    /// </summary>
    /// <param name="cancellationToken">Gives up waiting; the requests go on, and no new one is let in.</param>
    public Task DrainAsync(CancellationToken cancellationToken = default)
    {
        _scheduler.Close();
        _draining = true;
        if (!_stop) _work.Release();
        return _drained.Task.WaitAsync(cancellationToken);
    }

    private void Publish()
    {
        Volatile.Write(ref _running, _scheduler.Active.Count);
        Volatile.Write(ref _retainedCount, _retained.Count);
        Volatile.Write(ref _kvBytesUsed, _cache.UsedBytes + (_drafter?.UsedBytes ?? 0));
        Volatile.Write(ref _kvBytesAllocated, _cache.AllocatedBytes + (_drafter?.AllocatedBytes ?? 0));
    }
}
