using Puna.Training.Numerics;

namespace Puna.Training.Model;

public sealed unsafe partial class Network
{
    private FloatBuffer? _gradient;
    private FloatBuffer? _wide;
    private FloatBuffer? _narrow;
    private FloatBuffer? _logits;
    private FloatBuffer? _rows;
    private float* _gradients;

    /// <summary>
    /// Runs a batch forward and back. The gradient buffer is overwritten: it need not be zero, and afterwards holds the
    /// gradient of <paramref name="lossScale"/> · Σ weight·cross-entropy + <paramref name="balance"/> · the balancing loss.
    /// </summary>
    /// <param name="weights">All parameters.</param>
    /// <param name="batch">The tokens.</param>
    /// <param name="gradients">Receives the gradient of every parameter.</param>
    /// <param name="lossScale">One over the sum of all weights of the step.</param>
    /// <param name="balance">Coefficient of the expert-balancing loss E·Σ fₑPₑ of each layer, times this batch's share of the step.</param>
    /// <returns>Σ weight·cross-entropy in nats, unscaled.</returns>
    public double ForwardBackward(FloatBuffer weights, TokenBatch batch, FloatBuffer gradients, float lossScale, float balance)
    {
        ArgumentNullException.ThrowIfNull(gradients);
        ArgumentNullException.ThrowIfNull(batch);
        Forward(weights, batch);
        _gradient ??= new FloatBuffer((long)_capacity * _shape.Hidden);
        _wide ??= new FloatBuffer((long)_capacity * Math.Max(2 * _shape.ExpertHidden, _shape.QkvWidth));
        _narrow ??= new FloatBuffer((long)_capacity * Math.Max(Math.Max(_shape.ExpertHidden, _shape.QWidth), _shape.Hidden));
        _logits ??= new FloatBuffer((long)_capacity * _shape.Vocabulary);
        _rows ??= new FloatBuffer((long)_capacity * _shape.Hidden);
        _gradients = gradients.Data;
        ClearVectors();

        int d = _shape.Hidden;
        float* dx = _gradient.Data;
        float* dFinal = _narrow.Data;
        double loss = Head(batch, lossScale, dFinal);
        new Span<float>(dx, _tokens * d).Clear();
        Kernels.RmsNormBackward(_residual.Data, At(_layout.OutputNorm), _finalReciprocals.Data, dFinal, dx, Gradient(_layout.OutputNorm), _tokens, d);
        for (int i = _layers.Length - 1; i >= 0; i--)
        {
            FeedForwardBackward(i, balance);
            AttentionBackward(i, batch);
        }

        for (int t = 0; t < _tokens; t++) Kernels.AddScaled(Gradient(_layout.Embedding) + (long)batch.Tokens[t] * d, dx + (long)t * d, 1, d);
        return loss;
    }

    private void DisposeBackward()
    {
        _gradient?.Dispose();
        _wide?.Dispose();
        _narrow?.Dispose();
        _logits?.Dispose();
        _rows?.Dispose();
    }

    private float* Gradient(ParameterSlot slot) => _gradients + slot.Offset;

    // Matrices are written by products; what is added up must start from zero.
    private void ClearVectors()
    {
        foreach (LayerSlots layer in _layout.Layers)
        {
            new Span<float>(Gradient(layer.AttentionNorm), _shape.Hidden).Clear();
            new Span<float>(Gradient(layer.FeedForwardNorm), _shape.Hidden).Clear();
        }

        new Span<float>(Gradient(_layout.OutputNorm), _shape.Hidden).Clear();
    }

    // Only rows that count go through the output matrix.
    private double Head(TokenBatch batch, float lossScale, float* dFinal)
    {
        int d = _shape.Hidden, v = _shape.Vocabulary, rows = 0;
        float* logits = _logits!.Data;
        float* inputs = _rows!.Data;
        new Span<float>(dFinal, _tokens * d).Clear();
        for (int t = 0; t < _tokens; t++)
        {
            if (batch.Weights[t] > 0) Copy(_final.Data + (long)t * d, inputs + (long)rows++ * d, d);
        }

        _multiplier.TimesTransposed(rows, v, d, inputs, d, At(_layout.Embedding), d, logits, v);
        double loss = 0;
        for (int t = 0, row = 0; t < _tokens; t++)
        {
            if (batch.Weights[t] <= 0) continue;

            float* l = logits + (long)row++ * v;
            int target = batch.Tokens[t + 1];
            float max = Kernels.Max(l, v), wanted = l[target];
            float sum = Kernels.ExpShifted(l, max, v);
            loss += batch.Weights[t] * (Math.Log(sum) + max - wanted);
            float scale = lossScale * batch.Weights[t];
            Kernels.Scaled(l, l, scale / sum, v);
            l[target] -= scale;
        }

        _multiplier.TransposedTimes(v, d, rows, logits, v, inputs, d, Gradient(_layout.Embedding), d);
        _multiplier.Times(rows, d, v, logits, v, At(_layout.Embedding), d, inputs, d);
        for (int t = 0, row = 0; t < _tokens; t++)
        {
            if (batch.Weights[t] > 0) Copy(inputs + (long)row++ * d, dFinal + (long)t * d, d);
        }

        return loss;
    }

    private void FeedForwardBackward(int index, float balance)
    {
        LayerState s = _layers[index];
        LayerSlots w = _layout.Layers[index];
        int d = _shape.Hidden, f = _shape.ExpertHidden, experts = _shape.Experts;
        float* dx = _gradient!.Data;
        float* dGateUp = _wide!.Data;
        float* dHidden = _narrow!.Data;
        float* dInput = _rows!.Data;

        _multiplier.Times(_tokens, f, d, dx, d, At(w.SharedDown), f, dHidden, f);
        _multiplier.TransposedTimes(d, f, _tokens, dx, d, s.SharedHidden, f, Gradient(w.SharedDown), f);
        Kernels.SwiGluBackward(s.SharedGateUp, dHidden, dGateUp, _tokens, f);
        _multiplier.TransposedTimes(2 * f, d, _tokens, dGateUp, 2 * f, s.FeedForwardInput, d, Gradient(w.SharedGateUp), d);
        _multiplier.Times(_tokens, d, 2 * f, dGateUp, 2 * f, At(w.SharedGateUp), d, dInput, d);

        // Rows in expert order, from here on.
        float* dy = _scratch.Data;
        for (int row = 0; row < _tokens; row++) Copy(dx + (long)s.Order[row] * d, dy + (long)row * d, d);
        for (int e = 0; e < experts; e++)
        {
            long first = s.ExpertStart[e];
            int rows = ExpertLoad(index, e);
            _multiplier.TransposedTimes(d, f, rows, dy + first * d, d, s.ExpertHidden + first * f, f, Gradient(w.ExpertDown[e]), f);
            _multiplier.Times(rows, f, d, dy + first * d, d, At(w.ExpertDown[e]), f, dHidden + first * f, f);
            Kernels.SwiGluBackward(s.ExpertGateUp + first * 2 * f, dHidden + first * f, dGateUp + first * 2 * f, rows, f);
            _multiplier.TransposedTimes(2 * f, d, rows, dGateUp + first * 2 * f, 2 * f, s.ExpertInput + first * d, d, Gradient(w.ExpertGateUp[e]), d);
            _multiplier.Times(rows, d, 2 * f, dGateUp + first * 2 * f, 2 * f, At(w.ExpertGateUp[e]), d, dy + first * d, d);
        }

        float* dRouter = dHidden;
        BalanceGradient(s, balance, dRouter);
        for (int e = 0; e < experts; e++)
        {
            for (int row = s.ExpertStart[e]; row < s.ExpertStart[e + 1]; row++)
            {
                int t = s.Order[row];
                float weight = s.ExpertWeight[row];
                float dWeight = Kernels.Dot(dy + (long)row * d, s.FeedForwardInput + (long)t * d, d);
                dRouter[(long)t * experts + e] += dWeight * weight * (1 - weight);
                Kernels.AddScaled(dInput + (long)t * d, dy + (long)row * d, weight, d);
            }
        }

        _multiplier.TransposedTimes(experts, d, _tokens, dRouter, experts, s.FeedForwardInput, d, Gradient(w.Router), d);
        _multiplier.Times(_tokens, d, experts, dRouter, experts, At(w.Router), d, dInput, d, beta: 1);
        Kernels.RmsNormBackward(s.Middle, At(w.FeedForwardNorm), s.MiddleReciprocals, dInput, dx, Gradient(w.FeedForwardNorm), _tokens, d);
    }

    // Gradient of balance·E·Σ fₑPₑ, with f the share of tokens an expert got (held fixed) and P the mean softmax of the router.
    private void BalanceGradient(LayerState s, float balance, float* dRouter)
    {
        int experts = _shape.Experts;
        Span<float> share = stackalloc float[experts], p = stackalloc float[experts];
        for (int e = 0; e < experts; e++) share[e] = (float)(s.ExpertStart[e + 1] - s.ExpertStart[e]) / _tokens;
        for (int t = 0; t < _tokens; t++)
        {
            float* r = s.RouterLogits + (long)t * experts;
            float max = r[0], sum = 0, mean = 0;
            for (int e = 1; e < experts; e++) max = MathF.Max(max, r[e]);
            for (int e = 0; e < experts; e++) sum += p[e] = MathF.Exp(r[e] - max);
            for (int e = 0; e < experts; e++) mean += share[e] * (p[e] /= sum);
            for (int e = 0; e < experts; e++) dRouter[(long)t * experts + e] = balance * experts / _tokens * p[e] * (share[e] - mean);
        }
    }

    private void AttentionBackward(int index, TokenBatch batch)
    {
        LayerState s = _layers[index];
        LayerSlots w = _layout.Layers[index];
        int d = _shape.Hidden, width = _shape.QkvWidth, q = _shape.QWidth, normed = _shape.Heads + _shape.KvHeads;
        float* dx = _gradient!.Data;
        float* dQkv = _wide!.Data;
        float* dAttended = _narrow!.Data;
        float* dInput = _rows!.Data;
        bool rope = _shape.UsesRope(index);

        _multiplier.Times(_tokens, q, d, dx, d, At(w.Output), q, dAttended, q);
        _multiplier.TransposedTimes(d, q, _tokens, dx, d, s.Attended, q, Gradient(w.Output), q);
        new Span<float>(dQkv, _tokens * width).Clear();
        _attention.Backward(s.Qkv, batch.Lengths, rope ? _shape.ChunkSize : 0, s.Attended, s.LogSums, dAttended, dQkv);

        int t = 0;
        foreach (int length in batch.Lengths)
        {
            for (int p = 0; p < length; p++, t++)
            {
                float* g = dQkv + (long)t * width;
                if (rope)
                {
                    _rotation.NormalizeBackward(s.Qkv + (long)t * width, g, normed, s.HeadReciprocals + (long)t * normed);
                    _rotation.Rotate(g, normed, p, sign: -1);
                }
                else if (Temperature(p) is var temperature && temperature != 1) Kernels.Scaled(g, g, temperature, q);
            }
        }

        _multiplier.TransposedTimes(width, d, _tokens, dQkv, width, s.AttentionInput, d, Gradient(w.Qkv), d);
        _multiplier.Times(_tokens, d, width, dQkv, width, At(w.Qkv), d, dInput, d);
        Kernels.RmsNormBackward(s.Input, At(w.AttentionNorm), s.InputReciprocals, dInput, dx, Gradient(w.AttentionNorm), _tokens, d);
    }
}
