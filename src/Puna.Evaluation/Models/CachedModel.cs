using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Puna.Evaluation.Runs;

namespace Puna.Evaluation.Models;

/// <summary>
/// A model whose answers are kept across runs, under the hash of the whole request and of everything about the model and the
/// engine that can change an answer. Errors are not kept.
/// </summary>
public sealed class CachedModel : IModelUnderTest, IDisposable
{
    private readonly IModelUnderTest _inner;
    private readonly AnswerJournal _journal;
    private readonly string _model;

    /// <summary>A cache over a model that outlives it.</summary>
    /// <param name="inner">The model.</param>
    /// <param name="folder">Folder of the cache.</param>
    /// <exception cref="IOException">The folder cannot be written, or another process uses it.</exception>
    public CachedModel(IModelUnderTest inner, string folder)
    {
        _inner = inner;
        _model = ModelDescription.Hash($"{RunManifest.Engine().ToJsonString()}\n{inner.Describe().ToJsonString()}");
        Directory.CreateDirectory(folder);
        _journal = new AnswerJournal(Path.Combine(folder, "answers.jsonl"));
    }

    /// <inheritdoc/>
    public string Name => _inner.Name;

    /// <inheritdoc/>
    public bool CanScore => _inner.CanScore;

    /// <inheritdoc/>
    public bool CanPrefill => _inner.CanPrefill;

    /// <inheritdoc/>
    public bool CanConstrain => _inner.CanConstrain;

    /// <inheritdoc/>
    public string? ScoreNote => _inner.ScoreNote;

    /// <summary>Answers found in the cache so far.</summary>
    public int Hits { get; private set; }

    /// <inheritdoc/>
    public JsonObject Describe() => _inner.Describe();

    /// <inheritdoc/>
    public async IAsyncEnumerable<(int Index, ModelAnswer Answer)> AnswerAsync(IReadOnlyList<ModelRequest> requests, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        string[] keys = [.. requests.Select(request => ModelDescription.Hash($"{_model}\n{EvaluationJson.Hash(request, EvaluationJson.Default.ModelRequest)}"))];
        List<int> missing = [];
        for (int i = 0; i < keys.Length; i++)
        {
            if (_journal.Find(keys[i]) is { } answer)
            {
                Hits++;
                yield return (i, answer);
            }
            else
            {
                missing.Add(i);
            }
        }

        if (missing.Count == 0) yield break;
        await foreach ((int index, ModelAnswer answer) in _inner.AnswerAsync([.. missing.Select(i => requests[i])], cancellationToken).ConfigureAwait(false))
        {
            int at = missing[index];
            if (!answer.Failed) _journal.Add(keys[at], answer);
            yield return (at, answer);
        }
    }

    /// <summary>Closes the cache.</summary>
    public void Dispose() => _journal.Dispose();
}
