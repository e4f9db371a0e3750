using Puna.Server.Requests;

namespace Puna.Server.Serving;

/// <summary>The line before the guard, which judges one text at a time: who waits in it holds no thread, and not too many do.</summary>
internal sealed class ModerationLine : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private int _inside;

    /// <summary>Gets in line with a request; disposing leaves it.</summary>
    /// <param name="most">Requests that may wait besides the one that is judged.</param>
    /// <exception cref="ApiException">The line is full.</exception>
    internal Place Enter(int most)
    {
        if (Interlocked.Increment(ref _inside) <= most + 1L) return new Place(this);

        Interlocked.Decrement(ref _inside);
        throw new ApiException(new ApiError(503, "queue_full", $"{most} requests are waiting for the guard already. Try again later.", RetryAfter: TimeSpan.FromSeconds(5)));
    }

    /// <summary>Does a piece of work when it is its turn.</summary>
    internal async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await Task.Run(work, cancellation).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    /// <summary>A request's place in the line.</summary>
    internal sealed class Place(ModerationLine line) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref line._inside);
    }
}
