using System.Runtime.CompilerServices;

namespace Puna.Server.Batches;

/// <summary>
/// The part of the model's sequences that batches may use together: requests of a batch carry it, and every answer or text
/// of theirs takes a place while it is computed.
/// </summary>
internal sealed class BatchShare(int places) : IDisposable
{
    private readonly SemaphoreSlim _places = new(places);

    internal int Places => places;

    /// <summary>Computes something in a place.</summary>
    internal async Task<T> RunAsync<T>(Func<Task<T>> work, CancellationToken cancellation)
    {
        await _places.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await work().ConfigureAwait(false);
        }
        finally
        {
            _places.Release();
        }
    }

    /// <summary>Computes a stream in a place.</summary>
    internal async IAsyncEnumerable<T> StreamAsync<T>(Func<IAsyncEnumerable<T>> start, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await _places.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await foreach (T item in start().WithCancellation(cancellation).ConfigureAwait(false)) yield return item;
        }
        finally
        {
            _places.Release();
        }
    }

    public void Dispose() => _places.Dispose();
}
