using Puna.Models.Cache;

namespace Puna.Engine;

public sealed partial class InferenceEngine
{
    /// <summary>
    /// Saves the cache of a finished request to a file: of those retained (<see cref="EngineOptions.RetainedSequences"/>)
    /// the one that shares the longest beginning with <paramref name="tokens"/>.
    /// </summary>
    /// <param name="tokens">Prompt and answer so far.</param>
    /// <param name="path">File to make or replace; only this user may read it.</param>
    /// <param name="modelHash">32 bytes that tell the model's weights from all others.</param>
    /// <returns>How many of the tokens the file spares computing again; 0 when no retained cache helps, and then no file is written.</returns>
    /// <exception cref="IOException">The file cannot be written; nothing is left of it.</exception>
    /// <exception cref="ObjectDisposedException">The engine has ended.</exception>
    public Task<int> SaveSessionAsync(IReadOnlyList<int> tokens, string path, ReadOnlyMemory<byte> modelHash)
    {
        int[] beginning = [.. tokens];
        return DoBetweenSteps(() =>
        {
            (int index, int common) = _retained.Find(beginning, beginning.Length);
            if (index >= 0) _retained.Save(index, path, modelHash.Span);
            return common;
        });
    }

    /// <summary>Loads a saved cache. A request that begins with its tokens computes only what is new.</summary>
    /// <param name="path">File from <see cref="SaveSessionAsync"/>.</param>
    /// <param name="modelHash">Hash of the model at hand.</param>
    /// <returns>The tokens of the session.</returns>
    /// <exception cref="InvalidOperationException">The engine retains no caches.</exception>
    /// <exception cref="KvCacheFileException">The file is damaged, or of another model or another kind of cache.</exception>
    /// <exception cref="InvalidDataException">The file holds a sequence that does not begin at position 0.</exception>
    /// <exception cref="KvCacheFullException">The memory limit would be passed.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The engine has ended.</exception>
    public Task<int[]> LoadSessionAsync(string path, ReadOnlyMemory<byte> modelHash)
    {
        if (Options.RetainedSequences == 0) throw new InvalidOperationException($"A session cannot be loaded into an engine with {nameof(EngineOptions.RetainedSequences)} 0: let it retain at least one.");
        return DoBetweenSteps(() => _retained.Load(path, modelHash.Span));
    }

    /// <summary>Does work on the engine's thread, when no step is running.</summary>
    /// <exception cref="ObjectDisposedException">The engine has ended.</exception>
    internal Task<T> DoBetweenSteps<T>(Func<T> work)
    {
        Task<T> result = _betweenSteps.Add(work);
        if (!_stop) _work.Release();
        return result;
    }
}
