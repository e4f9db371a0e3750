namespace Puna.Engine.Scheduling;

/// <summary>Work on the engine's cache that callers hand to its thread, to be done when no step is running.</summary>
internal sealed class BetweenSteps
{
    private readonly Queue<(Action Work, Action Refuse)> _queue = [];
    private bool _closed;

    /// <summary>Puts work in line. Its result or error comes through the task.</summary>
    /// <exception cref="ObjectDisposedException">The engine has ended, before or while this waits.</exception>
    internal Task<T> Add<T>(Func<T> work)
    {
        TaskCompletionSource<T> result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_queue)
        {
            if (_closed) Refuse();
            else _queue.Enqueue((Run, Refuse));
        }

        return result.Task;

        void Run()
        {
            try
            {
                result.SetResult(work());
            }
            catch (Exception error) // whoever asked for the work hears of it
            {
                result.SetException(error);
            }
        }

        void Refuse() => result.SetException(new ObjectDisposedException(nameof(InferenceEngine)));
    }

    /// <summary>Does all that is in line; on the engine's thread.</summary>
    internal void Run()
    {
        while (TryTake(out (Action Work, Action Refuse) next)) next.Work();
    }

    /// <summary>Refuses all that is in line and whatever comes later.</summary>
    internal void Close()
    {
        lock (_queue) _closed = true;
        while (TryTake(out (Action Work, Action Refuse) next)) next.Refuse();
    }

    private bool TryTake(out (Action Work, Action Refuse) next)
    {
        lock (_queue) return _queue.TryDequeue(out next);
    }
}
