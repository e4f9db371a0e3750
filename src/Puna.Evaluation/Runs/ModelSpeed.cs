using System.Diagnostics;
using System.Globalization;
using Puna.Evaluation.Models;

namespace Puna.Evaluation.Runs;

/// <summary>How fast a model answers when it is asked many things at once.</summary>
/// <param name="Read">Prompt tokens a second, over all sequences.</param>
/// <param name="Write">Written tokens a second, over all sequences.</param>
public readonly record struct ModelSpeed(double Read, double Write)
{
    private const int Words = 100, Written = 8;

    /// <summary>Asks as many short things as are computed at the same time, twice: prompts alone, then answers of a few tokens.</summary>
    /// <param name="model">The model; an endpoint would charge for this.</param>
    /// <param name="batch">Sequences at the same time.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static async Task<ModelSpeed> MeasureAsync(IModelUnderTest model, int batch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        await Ask(0, 1, 1).ConfigureAwait(false); // loads and compiles what the first question would be charged for
        (double readSeconds, long read, _) = await Ask(1, batch, 1).ConfigureAwait(false);
        (double writeSeconds, _, long written) = await Ask(1, batch, Written).ConfigureAwait(false); // the prompts are computed already
        return new ModelSpeed(read / readSeconds, written / writeSeconds);

        async Task<(double Seconds, long Read, long Written)> Ask(int first, int count, int maxTokens)
        {
            // Different from the first word on, so that nothing is shared.
            ModelRequest[] requests = [.. Enumerable.Range(first, count).Select(i => new ModelRequest
            {
                Prompt = string.Join(' ', Enumerable.Range(0, Words).Select(w => ((i * 7919) + w).ToString(CultureInfo.InvariantCulture))),
                MaxTokens = maxTokens,
            })];
            long started = Stopwatch.GetTimestamp(), prompts = 0, answers = 0;
            await foreach ((_, ModelAnswer answer) in model.AnswerAsync(requests, cancellationToken).ConfigureAwait(false))
            {
                if (answer.Failed) throw new EvaluationException($"{model.Name} cannot be timed: {answer.Error}");
                prompts += answer.PromptTokens;
                answers += Math.Max(1, answer.CompletionTokens);
            }

            return (Math.Max(Stopwatch.GetElapsedTime(started).TotalSeconds, 1e-6), prompts, answers);
        }
    }
}
