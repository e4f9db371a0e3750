using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Puna.Evaluation.Models;

namespace Puna.Tests.Evaluation;

/// <summary>Answers by a function, in an order that is not that of the requests.</summary>
internal sealed class FakeModel(Func<int, ModelRequest, ModelAnswer> answer) : IModelUnderTest
{
    public string Name => "fake";

    public bool CanScore => true;

    public bool CanPrefill => true;

    public bool CanConstrain => true;

    /// <summary>A request that it never answers; -1 for none.</summary>
    internal int LeavesOut { get; init; } = -1;

    public JsonObject Describe() => new() { ["name"] = Name };

    public async IAsyncEnumerable<(int Index, ModelAnswer Answer)> AnswerAsync(IReadOnlyList<ModelRequest> requests, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (int i = requests.Count - 1; i >= 0; i--)
        {
            if (i == LeavesOut) continue;
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            yield return (i, answer(i, requests[i]));
        }
    }

    /// <summary>An answer of text.</summary>
    internal static ModelAnswer Text(string text) => new() { Text = text, PromptTokens = 1, CompletionTokens = 1 };

    /// <summary>An answer of scores.</summary>
    internal static ModelAnswer Scores(IEnumerable<double> scores)
    {
        double[] all = [.. scores];
        return new ModelAnswer { LogLikelihoods = all, Greedy = [.. all.Select(_ => false)], ContinuationTokens = [.. all.Select(_ => 1)], FinishReason = "scored", PromptTokens = 1 };
    }
}
