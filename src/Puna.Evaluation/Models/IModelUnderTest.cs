using System.Text.Json.Nodes;

namespace Puna.Evaluation.Models;

/// <summary>A model that requests are put to.</summary>
public interface IModelUnderTest
{
    /// <summary>Name in reports.</summary>
    string Name { get; }

    /// <summary>Whether it can score continuations.</summary>
    bool CanScore { get; }

    /// <summary>Whether it can begin an answer with a given text.</summary>
    bool CanPrefill { get; }

    /// <summary>Whether it can hold an answer to a JSON Schema.</summary>
    bool CanConstrain => false;

    /// <summary>What scores of continuations carry in their name, because they come by another way than log-likelihood; null for nothing.</summary>
    string? ScoreNote => null;

    /// <summary>Everything about the model that can change an answer, for the manifest. The caller may keep it.</summary>
    JsonObject Describe();

    /// <summary>
    /// Answers all requests, in whatever order is best for it. An answer does not depend on the other requests. What goes wrong
    /// with one request is an answer with an error; an exception means that none can be answered.
    /// </summary>
    /// <returns>Every request's number with its answer, once each, as they come.</returns>
    IAsyncEnumerable<(int Index, ModelAnswer Answer)> AnswerAsync(IReadOnlyList<ModelRequest> requests, CancellationToken cancellationToken = default);
}
