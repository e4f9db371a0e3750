using Puna.Engine.Sampling;
using Puna.Engine.Scheduling;

namespace Puna.Engine;

public sealed partial class InferenceEngine
{
    /// <summary>
    /// The mean of a text's final hidden states, after the last norm: computed in line with all other requests, in the same
    /// steps, and the same to the bit whatever runs beside it.
    /// </summary>
    /// <param name="tokens">Token ids, at least one, fewer than the context holds.</param>
    /// <param name="cancellationToken">Stops the computation.</param>
    /// <returns>[hiddenSize], not normalised.</returns>
    /// <exception cref="PromptTooLongException">The text fills the context.</exception>
    /// <exception cref="ArgumentException">There is no token, or an id is outside the vocabulary.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The engine has ended, or ends before the text is computed.</exception>
    public async Task<float[]> EmbedAsync(IReadOnlyList<int> tokens, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        cancellationToken.ThrowIfCancellationRequested();
        HiddenPool pool = new(_decoder.Config.HiddenSize);
        Generation generation = Enqueue(new GenerationRequest { Prompt = tokens, Sampling = SamplingOptions.Greedy, MaxTokens = 1 }, pool);
        await foreach (GenerationStep _ in generation.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            // There is no text; the end comes when all tokens are computed.
        }

        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(generation.FinishReason == FinishReason.Cancelled, this);
        return pool.Mean();
    }

    /// <summary>Adds the step's rows to their pools, and ends the texts that are whole.</summary>
    private void Pool()
    {
        for (int row = 0; row < _batch.Rows; row++) SequenceOf(_batch.Sequences[row]).Pool?.Add(_decoder.Hidden(_state, row));
        foreach (Sequence sequence in _scheduler.Active)
        {
            if (sequence is { Pool: not null, Pending: 0 }) sequence.End(FinishReason.Stop);
        }
    }
}
