using Puna.Training.Model;
using Puna.Training.Numerics;

namespace Puna.Training.Encoder;

internal sealed unsafe partial class EncoderNetwork
{
    /// <summary>Writes the gradients of the mean cross-entropy of the windows.</summary>
    /// <returns>The mean cross-entropy in nats.</returns>
    public double ForwardBackward(FloatBuffer weights, EncoderBatch batch, FloatBuffer gradients)
    {
        int rows = batch.Tokens.Length, h = _shape.Hidden, windows = batch.Lengths.Length;
        double loss = LossGradient(Forward(weights, batch), batch.Labels);
        gradients.Clear();
        float* w = weights.Data, g = gradients.Data;

        LinearBackward(w, g, _layout.Classifier, _active.Data, _dLogits.Data, _dPooled.Data, windows);
        EncoderKernels.GeluBackward(_pooled.Data, _dPooled.Data, (long)windows * h);
        LinearBackward(w, g, _layout.Pooler, _first.Data, _dPooled.Data, _dFirst.Data, windows);
        new Span<float>(_dRows.Data, rows * h).Clear();
        int start = 0;
        for (int s = 0; s < windows; start += batch.Lengths[s++]) new ReadOnlySpan<float>(_dFirst.Data + ((long)s * h), h).CopyTo(new Span<float>(_dRows.Data + ((long)start * h), h));

        _dRelative.Clear();
        for (int i = _layers.Length - 1; i >= 0; i--) LayerBackward(w, g, _layout.Layers[i], _layers[i], i == 0 ? _embedded.Data : _layers[i - 1].Output.Data, batch.Lengths, rows);

        NormBackward(w, g, _layout.RelativeNorm, _relativeNorm, _dRelative.Data, _relativeRows);
        Kernels.AddScaled(g + _layout.Relative.Offset + ((long)_firstRelative * h), _dRelative.Data, 1, (long)_relativeRows * h);
        NormBackward(w, g, _layout.EmbeddingNorm, _embeddingNorm, _dRows.Data, rows);
        for (int t = 0; t < rows; t++) Kernels.AddScaled(g + _layout.Embedding.Offset + ((long)batch.Tokens[t] * h), _dRows.Data + ((long)t * h), 1, h);
        return loss;
    }

    private double LossGradient(ReadOnlySpan<float> logits, int[] labels)
    {
        double loss = 0;
        int c = _shape.Labels;
        for (int s = 0; s < labels.Length; s++)
        {
            ReadOnlySpan<float> row = logits.Slice(s * c, c);
            double max = double.NegativeInfinity, sum = 0;
            foreach (float logit in row) max = Math.Max(max, logit);
            foreach (float logit in row) sum += Math.Exp(logit - max);
            loss += max + Math.Log(sum) - row[labels[s]];
            for (int i = 0; i < c; i++) _dLogits.Data[(s * c) + i] = (float)(((Math.Exp(row[i] - max) / sum) - (i == labels[s] ? 1 : 0)) / labels.Length);
        }

        return loss / labels.Length;
    }

    /// <summary>Turns the gradient of the layer's output in <see cref="_dRows"/> into that of its input.</summary>
    private void LayerBackward(float* w, float* g, EncoderLayerSlots slots, EncoderLayerState s, float* x, int[] lengths, int rows)
    {
        int h = _shape.Hidden;
        long size = (long)rows * h;
        NormBackward(w, g, slots.OutputNorm, s.OutputNorm, _dRows.Data, rows);
        LinearBackward(w, g, slots.Down, s.Active.Data, _dRows.Data, _dUp.Data, rows);
        EncoderKernels.GeluBackward(s.Up.Data, _dUp.Data, (long)rows * _shape.Intermediate);
        LinearBackward(w, g, slots.Up, s.Middle.Data, _dUp.Data, _dRows.Data, rows, add: true); // beside the residual

        NormBackward(w, g, slots.AttentionNorm, s.AttentionNorm, _dRows.Data, rows);
        LinearBackward(w, g, slots.Output, s.Heads.Data, _dRows.Data, _dHeads.Data, rows);
        new Span<float>(_dRelativeQ.Data, _relativeRows * h).Clear();
        new Span<float>(_dRelativeK.Data, _relativeRows * h).Clear();
        float* probabilities = s.Probabilities.Data;
        long at = 0;
        foreach (int n in lengths)
        {
            _attention.Backward(n, s.Q.Data + at, s.K.Data + at, s.V.Data + at, s.RelativeQ.Data, s.RelativeK.Data, _firstRelative, probabilities,
                _dHeads.Data + at, _dQ.Data + at, _dK.Data + at, _dV.Data + at, _dRelativeQ.Data, _dRelativeK.Data);
            probabilities += (long)n * n * _shape.Heads;
            at += (long)n * h;
        }

        LinearBackward(w, g, slots.Query, x, _dQ.Data, _dRows.Data, rows, add: true);
        LinearBackward(w, g, slots.Key, x, _dK.Data, _dRows.Data, rows, add: true);
        LinearBackward(w, g, slots.Value, x, _dV.Data, _dRows.Data, rows, add: true);
        LinearBackward(w, g, slots.Query, _relative.Data, _dRelativeQ.Data, _dRelative.Data, _relativeRows, add: true);
        LinearBackward(w, g, slots.Key, _relative.Data, _dRelativeK.Data, _dRelative.Data, _relativeRows, add: true);
    }

    private void LinearBackward(float* w, float* g, Affine slot, float* x, float* dy, float* dx, int rows, bool add = false)
    {
        (int outputs, int inputs) = (slot.Weight.Rows, slot.Weight.Columns);
        _multiplier.TransposedTimes(outputs, inputs, rows, dy, outputs, x, inputs, g + slot.Weight.Offset, inputs, beta: 1);
        EncoderKernels.AddBiasBackward(dy, g + slot.Bias.Offset, rows, outputs);
        _multiplier.Times(rows, inputs, outputs, dy, outputs, w + slot.Weight.Offset, inputs, dx, inputs, beta: add ? 1 : 0);
    }

    private void NormBackward(float* w, float* g, Affine slot, NormState state, float* d, int rows) => EncoderKernels.LayerNormBackward(
        state.Normal.Data, state.Reciprocals.Data, w + slot.Weight.Offset, d, d, g + slot.Weight.Offset, g + slot.Bias.Offset, rows, _shape.Hidden);
}
