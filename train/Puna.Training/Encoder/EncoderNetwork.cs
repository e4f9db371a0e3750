using Puna.Training.Numerics;

namespace Puna.Training.Encoder;

/// <summary>A DeBERTa-v2 classifier for training: forward, and backward by hand. Written apart from the engine's, so that each checks the other.</summary>
internal sealed unsafe partial class EncoderNetwork : IDisposable
{
    private readonly EncoderLayout _layout;
    private readonly EncoderShape _shape;
    private readonly int _maxRows;
    private readonly MatrixMultiplier _multiplier = new();
    private readonly RelativeAttention _attention;
    private readonly EncoderLayerState[] _layers;
    private readonly NormState _embeddingNorm, _relativeNorm;
    private readonly FloatBuffer _sum, _embedded, _relative, _first, _pooled, _active, _logits;
    private readonly FloatBuffer _dRows, _dHeads, _dQ, _dK, _dV, _dUp, _dRelativeQ, _dRelativeK, _dRelative, _dFirst, _dPooled, _dLogits;
    private int _firstRelative, _relativeRows;

    /// <param name="layout">Where the weights lie.</param>
    /// <param name="maxRows">Tokens of the largest batch.</param>
    public EncoderNetwork(EncoderLayout layout, int maxRows)
    {
        (_layout, _shape, _maxRows) = (layout, layout.Shape, maxRows);
        (int h, int table) = (_shape.Hidden, 2 * _shape.Buckets);
        _attention = new RelativeAttention(_shape);
        _layers = [.. Enumerable.Range(0, _shape.Layers).Select(_ => new EncoderLayerState(_shape, maxRows))];
        (_embeddingNorm, _relativeNorm) = (new NormState(maxRows, h), new NormState(table, h));
        (_sum, _embedded, _first, _pooled, _active) = (Rows(h), Rows(h), Rows(h), Rows(h), Rows(h));
        _relative = new FloatBuffer((long)table * h);
        _logits = Rows(_shape.Labels);
        (_dRows, _dHeads, _dQ, _dK, _dV, _dUp, _dFirst, _dPooled, _dLogits) =
            (Rows(h), Rows(h), Rows(h), Rows(h), Rows(h), Rows(_shape.Intermediate), Rows(h), Rows(h), Rows(_shape.Labels));
        (_dRelativeQ, _dRelativeK, _dRelative) = (new FloatBuffer((long)table * h), new FloatBuffer((long)table * h), new FloatBuffer((long)table * h));

        FloatBuffer Rows(int width) => new((long)maxRows * width);
    }

    /// <summary>Logits of each window, [windows][labels]; they stand until the next call.</summary>
    public ReadOnlySpan<float> Forward(FloatBuffer weights, EncoderBatch batch)
    {
        int rows = batch.Tokens.Length, h = _shape.Hidden, longest = batch.Lengths.Max();
        if (rows > _maxRows || batch.Lengths.Sum() != rows) throw new ArgumentException($"A batch of {rows} tokens does not fit: {_maxRows} are the most, and the lengths must add up to them.", nameof(batch));
        if (batch.Tokens.AsSpan().ContainsAnyExceptInRange(0, _shape.Vocabulary - 1)) throw new ArgumentException($"A token is outside the {_shape.Vocabulary} of the vocabulary.", nameof(batch));

        float* w = weights.Data;
        for (int t = 0; t < rows; t++) new ReadOnlySpan<float>(w + _layout.Embedding.Offset + ((long)batch.Tokens[t] * h), h).CopyTo(new Span<float>(_sum.Data + ((long)t * h), h));
        Norm(w, _layout.EmbeddingNorm, _sum.Data, _embedded.Data, _embeddingNorm, rows);

        (_firstRelative, _relativeRows) = _attention.Rows(longest);
        Norm(w, _layout.RelativeNorm, w + _layout.Relative.Offset + ((long)_firstRelative * h), _relative.Data, _relativeNorm, _relativeRows);

        float* x = _embedded.Data;
        for (int i = 0; i < _layers.Length; i++)
        {
            Layer(w, _layout.Layers[i], _layers[i], x, batch.Lengths, rows);
            x = _layers[i].Output.Data;
        }

        int windows = batch.Lengths.Length, start = 0;
        for (int s = 0; s < windows; start += batch.Lengths[s++]) new ReadOnlySpan<float>(x + ((long)start * h), h).CopyTo(new Span<float>(_first.Data + ((long)s * h), h));
        Linear(w, _layout.Pooler, _first.Data, _pooled.Data, windows);
        EncoderKernels.Gelu(_pooled.Data, _active.Data, (long)windows * h);
        Linear(w, _layout.Classifier, _active.Data, _logits.Data, windows);
        return new ReadOnlySpan<float>(_logits.Data, windows * _shape.Labels);
    }

    public void Dispose()
    {
        foreach (EncoderLayerState layer in _layers) layer.Dispose();
        foreach (IDisposable part in (IDisposable[])
            [_multiplier, _attention, _embeddingNorm, _relativeNorm, _sum, _embedded, _relative, _first, _pooled, _active, _logits,
                _dRows, _dHeads, _dQ, _dK, _dV, _dUp, _dRelativeQ, _dRelativeK, _dRelative, _dFirst, _dPooled, _dLogits])
        {
            part.Dispose();
        }
    }

    private void Layer(float* w, EncoderLayerSlots slots, EncoderLayerState s, float* x, int[] lengths, int rows)
    {
        int h = _shape.Hidden;
        Linear(w, slots.Query, x, s.Q.Data, rows);
        Linear(w, slots.Key, x, s.K.Data, rows);
        Linear(w, slots.Value, x, s.V.Data, rows);
        Linear(w, slots.Query, _relative.Data, s.RelativeQ.Data, _relativeRows);
        Linear(w, slots.Key, _relative.Data, s.RelativeK.Data, _relativeRows);
        float* probabilities = s.Probabilities.Data;
        long at = 0;
        foreach (int n in lengths)
        {
            _attention.Forward(n, s.Q.Data + at, s.K.Data + at, s.V.Data + at, s.RelativeQ.Data, s.RelativeK.Data, _firstRelative, probabilities, s.Heads.Data + at);
            probabilities += (long)n * n * _shape.Heads;
            at += (long)n * h;
        }

        Linear(w, slots.Output, s.Heads.Data, _sum.Data, rows);
        Model.Kernels.AddScaled(_sum.Data, x, 1, (long)rows * h);
        Norm(w, slots.AttentionNorm, _sum.Data, s.Middle.Data, s.AttentionNorm, rows);

        Linear(w, slots.Up, s.Middle.Data, s.Up.Data, rows);
        EncoderKernels.Gelu(s.Up.Data, s.Active.Data, (long)rows * _shape.Intermediate);
        Linear(w, slots.Down, s.Active.Data, _sum.Data, rows);
        Model.Kernels.AddScaled(_sum.Data, s.Middle.Data, 1, (long)rows * h);
        Norm(w, slots.OutputNorm, _sum.Data, s.Output.Data, s.OutputNorm, rows);
    }

    private void Linear(float* w, Affine slot, float* x, float* y, int rows)
    {
        (int outputs, int inputs) = (slot.Weight.Rows, slot.Weight.Columns);
        _multiplier.TimesTransposed(rows, outputs, inputs, x, inputs, w + slot.Weight.Offset, inputs, y, outputs);
        EncoderKernels.AddBias(y, w + slot.Bias.Offset, rows, outputs);
    }

    private void Norm(float* w, Affine slot, float* x, float* y, NormState state, int rows) =>
        EncoderKernels.LayerNorm(x, w + slot.Weight.Offset, w + slot.Bias.Offset, y, state.Normal.Data, state.Reciprocals.Data, rows, _shape.Hidden, _shape.Epsilon);
}
