using Puna.Compute;

namespace Puna.Models;

/// <summary>Activation buffers of one caller of a <see cref="Decoder"/>, reused from step to step.</summary>
public sealed class DecoderState : IDisposable
{
    private readonly List<(int Width, Activations Gate, Activations Up)> _feedForward = [];
    private readonly int _vocabSize;

    internal DecoderState(DecoderConfig config, DecoderWeights weights, IBackend backend, int maxRows, int maxLogitRows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLogitRows, 1);
        MaxRows = maxRows;
        MaxLogitRows = Math.Min(maxRows, maxLogitRows);
        _vocabSize = config.VocabSize;

        int q = config.NHeads * config.HeadDim, kv = config.NKvHeads * config.HeadDim;
        Hidden = backend.Allocate(maxRows, config.HiddenSize);
        Kept = backend.Allocate(MaxLogitRows, config.HiddenSize);
        Normed = backend.Allocate(maxRows, config.HiddenSize);
        Q = backend.Allocate(maxRows, q);
        K = backend.Allocate(maxRows, kv);
        V = backend.Allocate(maxRows, kv);
        Attended = backend.Allocate(maxRows, q);
        Angles = backend.Allocate(maxRows, config.Rope.Dimensions);
        Logits = backend.Allocate(MaxLogitRows, config.VocabSize);
        foreach (int width in weights.Layers.Select(l => l.Dense?.IntermediateSize ?? 0).Where(w => w > 0).Distinct())
            _feedForward.Add((width, backend.Allocate(maxRows, width), backend.Allocate(maxRows, width)));
    }

    /// <summary>Most rows of a batch.</summary>
    public int MaxRows { get; }

    /// <summary>Most rows that may ask for logits.</summary>
    public int MaxLogitRows { get; }

    internal Activations Hidden { get; }

    internal Activations Kept { get; }

    internal Activations Normed { get; }

    internal Activations Q { get; }

    internal Activations K { get; }

    internal Activations V { get; }

    internal Activations Attended { get; }

    internal Activations Angles { get; }

    internal Activations Logits { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Activations buffer in (ReadOnlySpan<Activations>)[Hidden, Kept, Normed, Q, K, V, Attended, Angles, Logits]) buffer.Dispose();
        foreach ((_, Activations gate, Activations up) in _feedForward)
        {
            gate.Dispose();
            up.Dispose();
        }
    }

    internal (Activations Gate, Activations Up) FeedForward(int width)
    {
        foreach ((int Width, Activations Gate, Activations Up) buffers in _feedForward)
        {
            if (buffers.Width == width) return (buffers.Gate, buffers.Up);
        }

        throw new InvalidOperationException($"No buffer is {width} wide.");
    }

    internal void Check(Batch batch)
    {
        if (batch.Rows == 0) throw new ArgumentException("The batch is empty.", nameof(batch));
        if (batch.Rows > MaxRows) throw new ArgumentException($"The batch has {batch.Rows} rows; these buffers hold {MaxRows}.", nameof(batch));
        if (batch.LogitRows.Length > MaxLogitRows)
            throw new ArgumentException($"{batch.LogitRows.Length} rows ask for logits; these buffers hold {MaxLogitRows}.", nameof(batch));

        for (int r = 0; r < batch.Rows; r++)
        {
            if ((uint)batch.Tokens[r] >= (uint)_vocabSize)
                throw new ArgumentException($"Row {r} has token id {batch.Tokens[r]}; the vocabulary has ids 0 to {_vocabSize - 1}.", nameof(batch));
        }
    }
}
