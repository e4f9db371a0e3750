using Puna.Engine;
using Puna.Engine.Sampling;
using Puna.Extraction.Documents;

namespace Puna.Extraction;

/// <summary>
/// Extracts from many documents, several at a time. Those that fail are reported and the others go on; only what ends all work (a full
/// disk, a cancellation) ends the run.
/// </summary>
/// <param name="extractor">What extracts.</param>
/// <param name="concurrency">Documents in work at a time, at least 1; the model computes as many side by side as it has sequences.</param>
public sealed class ExtractionRun(DocumentExtractor extractor, int concurrency)
{
    private readonly Lock _lock = new();
    private int _extracted;
    private int _resumed;
    private int _failed;
    private int _notInSource;
    private long _position;

    /// <summary>Where results are kept, and found again by a later run; null for nowhere.</summary>
    public ExtractionJournal? Journal { get; init; }

    /// <summary>Called with each result of this run, one at a time, in the order they are ready.</summary>
    public Action<ExtractionResult>? OnResult { get; init; }

    /// <summary>Called with each failure, one at a time.</summary>
    public Action<ExtractionFailure>? OnFailure { get; init; }

    /// <summary>Called with each document whose result is there, in any order, one at a time.</summary>
    public Action<string, string>? OnDone { get; init; }

    /// <summary>Told after every document.</summary>
    public IProgress<ExtractionSummary>? Progress { get; init; }

    /// <summary>Runs over files.</summary>
    /// <param name="files">Each file's path, the name of its documents, and its bytes, for <see cref="ExtractionSummary.Position"/>.</param>
    /// <param name="reader">What reads them.</param>
    /// <param name="cancellationToken">Stops the run; results that were kept stay.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task<ExtractionSummary> RunAsync(IEnumerable<(string Path, string Name, long Bytes)> files, DocumentReader reader, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(reader);
        return RunAsync(ReadAll(files, reader), cancellationToken);
    }

    /// <summary>Runs over documents, which are drawn as they are needed.</summary>
    /// <param name="inputs">The documents, and those that could not be read.</param>
    /// <param name="cancellationToken">Stops the run; results that were kept stay.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<ExtractionSummary> RunAsync(IEnumerable<DocumentInput> inputs, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentOutOfRangeException.ThrowIfLessThan(concurrency, 1);
        await Parallel.ForEachAsync(inputs, new ParallelOptions { MaxDegreeOfParallelism = concurrency, CancellationToken = cancellationToken }, Process).ConfigureAwait(false);
        return Summary();
    }

    private IEnumerable<DocumentInput> ReadAll(IEnumerable<(string Path, string Name, long Bytes)> files, DocumentReader reader)
    {
        long before = 0;
        foreach ((string path, string name, long bytes) in files)
        {
            foreach (DocumentInput input in reader.Read(path, name))
            {
                lock (_lock) _position = before + input.Position;
                yield return input;
            }

            before += bytes;
            lock (_lock) _position = before;
        }
    }

    private async ValueTask Process(DocumentInput input, CancellationToken cancellationToken)
    {
        if (input.Document is not { } document)
        {
            Fail(input.Name, input.Error!);
            return;
        }

        if (Journal?.Has(document) == true)
        {
            lock (_lock)
            {
                _resumed++;
                OnDone?.Invoke(document.Name, document.Hash);
                Progress?.Report(Summary());
            }

            return;
        }

        try
        {
            ExtractionResult result = await extractor.ExtractAsync(document, cancellationToken).ConfigureAwait(false);
            Journal?.Add(result);
            lock (_lock)
            {
                _extracted++;
                _notInSource += result.Fields.Count(field => field.IsNotInSource);
                OnResult?.Invoke(result);
                OnDone?.Invoke(document.Name, document.Hash);
                Progress?.Report(Summary());
            }
        }
        catch (Exception error) when (error is ExtractionException or PromptTooLongException or InvalidLogitsException or NoTokenAllowedException or Models.Cache.KvCacheFullException)
        {
            Fail(document.Name, error.Message);
        }
    }

    private void Fail(string document, string error)
    {
        lock (_lock)
        {
            _failed++;
            OnFailure?.Invoke(new ExtractionFailure(document, error));
            Progress?.Report(Summary());
        }
    }

    private ExtractionSummary Summary() => new(_extracted, _resumed, _failed, _notInSource, _position);
}
