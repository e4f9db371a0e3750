using Puna.Training.Numerics;

namespace Puna.Training.Model;

/// <summary>
/// Forward and backward pass of a Llama 4 text model, written by hand for this one architecture. Holds the intermediate
/// values of one batch; one instance per thread. The weights belong to the caller and are only read.
/// </summary>
public sealed unsafe partial class Network : IDisposable
{
    private readonly ModelShape _shape;
    private readonly ParameterLayout _layout;
    private readonly int _capacity;
    private readonly MatrixMultiplier _multiplier = new();
    private readonly SegmentAttention _attention;
    private readonly Rotation _rotation;
    private readonly LayerState[] _layers;
    private readonly FloatBuffer _residual;
    private readonly FloatBuffer _final;
    private readonly FloatBuffer _finalReciprocals;
    private readonly FloatBuffer _scratch;
    private float* _weights;
    private int _tokens;

    /// <param name="layout">Where the parameters lie.</param>
    /// <param name="capacity">Most tokens in a batch.</param>
    public Network(ParameterLayout layout, int capacity)
    {
        ArgumentNullException.ThrowIfNull(layout);
        _layout = layout;
        _shape = layout.Shape;
        _capacity = capacity;
        _attention = new SegmentAttention(_shape, _multiplier);
        _rotation = new Rotation(_shape);
        _layers = [.. Enumerable.Range(0, _shape.Layers).Select(_ => new LayerState(_shape, capacity))];
        _residual = new FloatBuffer((long)capacity * _shape.Hidden);
        _final = new FloatBuffer((long)capacity * _shape.Hidden);
        _finalReciprocals = new FloatBuffer(capacity);
        _scratch = new FloatBuffer((long)capacity * Math.Max(Math.Max(2 * _shape.ExpertHidden, _shape.QkvWidth), _shape.Hidden));
    }

    /// <summary>By layer and expert: tokens of the last batch that the router sent there.</summary>
    public int ExpertLoad(int layer, int expert) => _layers[layer].ExpertStart[expert + 1] - _layers[layer].ExpertStart[expert];

    /// <summary>The router's logits of one layer for the last batch, [T, E].</summary>
    internal ReadOnlySpan<float> RouterLogits(int layer) => new(_layers[layer].RouterLogits, _tokens * _shape.Experts);

    /// <summary>Runs a batch up to the final norm.</summary>
    /// <param name="weights">All parameters, laid out as told.</param>
    /// <param name="batch">At most as many tokens as the capacity.</param>
    public void Forward(FloatBuffer weights, TokenBatch batch)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.Tokens.Length > _capacity) throw new ArgumentException($"{batch.Tokens.Length} tokens are more than the {_capacity} this network was made for.");

        _weights = weights.Data;
        _tokens = batch.Tokens.Length;
        _rotation.Cover(batch.Lengths.Max());
        int d = _shape.Hidden;
        float* x = _residual.Data;
        if (Array.FindIndex(batch.Tokens, token => (uint)token >= (uint)_shape.Vocabulary) is >= 0 and var at)
            throw new ArgumentException($"Token {at} of the batch is {batch.Tokens[at]}; the vocabulary has {_shape.Vocabulary}.");

        for (int t = 0; t < _tokens; t++)
            Buffer.MemoryCopy(At(_layout.Embedding) + (long)batch.Tokens[t] * d, x + (long)t * d, d * sizeof(float), d * sizeof(float));

        for (int i = 0; i < _layers.Length; i++)
        {
            AttentionForward(i, batch);
            FeedForwardForward(i);
        }

        Kernels.RmsNorm(x, At(_layout.OutputNorm), _final.Data, _finalReciprocals.Data, _tokens, d, _shape.Epsilon);
    }

    /// <summary>Logits of all positions of the last batch, [T, V].</summary>
    public void Logits(float* logits) =>
        _multiplier.TimesTransposed(_tokens, _shape.Vocabulary, _shape.Hidden, _final.Data, _shape.Hidden, At(_layout.Embedding), _shape.Hidden, logits, _shape.Vocabulary);

    public void Dispose()
    {
        foreach (LayerState layer in _layers) layer.Dispose();
        _multiplier.Dispose();
        _attention.Dispose();
        _residual.Dispose();
        _final.Dispose();
        _finalReciprocals.Dispose();
        _scratch.Dispose();
        DisposeBackward();
    }

    private float* At(ParameterSlot slot) => _weights + slot.Offset;

    private void AttentionForward(int index, TokenBatch batch)
    {
        LayerState s = _layers[index];
        LayerSlots w = _layout.Layers[index];
        int d = _shape.Hidden, width = _shape.QkvWidth, normed = _shape.Heads + _shape.KvHeads;
        float* x = _residual.Data;
        Copy(x, s.Input, (long)_tokens * d);
        Kernels.RmsNorm(x, At(w.AttentionNorm), s.AttentionInput, s.InputReciprocals, _tokens, d, _shape.Epsilon);
        _multiplier.TimesTransposed(_tokens, width, d, s.AttentionInput, d, At(w.Qkv), d, s.Qkv, width);

        bool rope = _shape.UsesRope(index);
        int t = 0;
        foreach (int length in batch.Lengths)
        {
            for (int p = 0; p < length; p++, t++)
            {
                float* qk = s.Qkv + (long)t * width;
                if (rope)
                {
                    _rotation.Rotate(qk, normed, p, sign: 1);
                    _rotation.Normalize(qk, normed, _shape.Epsilon, s.HeadReciprocals + (long)t * normed);
                }
                else if (Temperature(p) is var temperature && temperature != 1) Kernels.Scaled(qk, qk, temperature, _shape.QWidth);
            }
        }

        _attention.Forward(s.Qkv, batch.Lengths, rope ? _shape.ChunkSize : 0, s.Attended, s.LogSums);
        _multiplier.TimesTransposed(_tokens, d, _shape.QWidth, s.Attended, _shape.QWidth, At(w.Output), _shape.QWidth, x, d, beta: 1);
    }

    private void FeedForwardForward(int index)
    {
        LayerState s = _layers[index];
        LayerSlots w = _layout.Layers[index];
        int d = _shape.Hidden, f = _shape.ExpertHidden;
        float* x = _residual.Data;
        Copy(x, s.Middle, (long)_tokens * d);
        Kernels.RmsNorm(x, At(w.FeedForwardNorm), s.FeedForwardInput, s.MiddleReciprocals, _tokens, d, _shape.Epsilon);
        _multiplier.TimesTransposed(_tokens, _shape.Experts, d, s.FeedForwardInput, d, At(w.Router), d, s.RouterLogits, _shape.Experts);
        Route(s);

        _multiplier.TimesTransposed(_tokens, 2 * f, d, s.FeedForwardInput, d, At(w.SharedGateUp), d, s.SharedGateUp, 2 * f);
        Kernels.SwiGlu(s.SharedGateUp, s.SharedHidden, _tokens, f);
        _multiplier.TimesTransposed(_tokens, d, f, s.SharedHidden, f, At(w.SharedDown), f, x, d, beta: 1);

        for (int row = 0; row < _tokens; row++)
            Kernels.Scaled(s.ExpertInput + (long)row * d, s.FeedForwardInput + (long)s.Order[row] * d, s.ExpertWeight[row], d);
        float* y = _scratch.Data;
        for (int e = 0; e < _shape.Experts; e++)
        {
            long first = s.ExpertStart[e];
            int rows = ExpertLoad(index, e);
            if (rows == 0) continue;

            _multiplier.TimesTransposed(rows, 2 * f, d, s.ExpertInput + first * d, d, At(w.ExpertGateUp[e]), d, s.ExpertGateUp + first * 2 * f, 2 * f);
            Kernels.SwiGlu(s.ExpertGateUp + first * 2 * f, s.ExpertHidden + first * f, rows, f);
            _multiplier.TimesTransposed(rows, d, f, s.ExpertHidden + first * f, f, At(w.ExpertDown[e]), f, y + first * d, d);
        }

        for (int row = 0; row < _tokens; row++) Kernels.AddScaled(x + (long)s.Order[row] * d, y + (long)row * d, 1, d);
    }

    // Counting sort of the tokens by the expert with the highest logit; the first of equal ones wins.
    private void Route(LayerState s)
    {
        int experts = _shape.Experts;
        Span<int> next = stackalloc int[experts + 1];
        int[] chosen = new int[_tokens];
        for (int t = 0; t < _tokens; t++)
        {
            float* r = s.RouterLogits + (long)t * experts;
            int best = 0;
            for (int e = 1; e < experts; e++) if (r[e] > r[best]) best = e;
            chosen[t] = best;
            next[best + 1]++;
        }

        for (int e = 0; e < experts; e++) next[e + 1] += next[e];
        next.CopyTo(s.ExpertStart);
        for (int t = 0; t < _tokens; t++)
        {
            int row = next[chosen[t]]++;
            s.Order[row] = t;
            s.ExpertWeight[row] = Kernels.Sigmoid(s.RouterLogits[(long)t * experts + chosen[t]]);
        }
    }

    private float Temperature(int position) =>
        (float)(1 + _shape.TemperatureScale * Math.Log(1 + Math.Floor((position + 1.0) / _shape.TemperatureFloor)));

    private static void Copy(float* from, float* to, long n) => Buffer.MemoryCopy(from, to, n * sizeof(float), n * sizeof(float));
}
