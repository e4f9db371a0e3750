using Puna.Compute;
using Puna.Compute.Kv;
using Puna.Models.Cache;
using Puna.Tensors;

namespace Puna.Models;

/// <summary>
/// The decoder network of the Llama families: ids in, logits out. Written once against the op interface; what a family
/// does differently is in its <see cref="DecoderConfig"/>. Immutable: any number of states and caches may use it, one
/// call at a time per backend.
/// </summary>
public sealed class Decoder : IDisposable
{
    private readonly IBackend _backend;
    private readonly DecoderWeights _weights;

    /// <summary>A decoder that owns <paramref name="weights"/> but not the backend.</summary>
    public Decoder(DecoderConfig config, DecoderWeights weights, IBackend backend)
    {
        Config = config;
        _weights = weights;
        _backend = backend;
    }

    /// <summary>Settings of the network.</summary>
    public DecoderConfig Config { get; }

    /// <summary>The weights, for planning and inspection.</summary>
    public DecoderWeights Weights => _weights;

    /// <summary>Buffers for calls of up to <paramref name="maxRows"/> rows, of which up to <paramref name="maxLogitRows"/> want logits.</summary>
    public DecoderState CreateState(int maxRows, int maxLogitRows) => new(Config, _weights, _backend, maxRows, maxLogitRows);

    /// <summary>An empty cache for this model's layers.</summary>
    /// <exception cref="ArgumentException">The cache's type cannot hold this model's heads.</exception>
    public KvCache CreateCache(KvCacheOptions options) => new(_backend, Config.KvGeometry, options);

    /// <summary>
    /// Runs one step: stores every row's keys and values in the cache and computes the logits of the rows asked for.
    /// </summary>
    /// <param name="batch">Rows; each continues its sequence in <paramref name="cache"/>.</param>
    /// <param name="cache">Cache made by <see cref="CreateCache"/>.</param>
    /// <param name="state">Buffers made by <see cref="CreateState"/>.</param>
    /// <returns>Logits [batch.LogitRows.Length, vocab], valid until the next call; read rows with <see cref="Logits"/>.</returns>
    /// <exception cref="ArgumentException">The batch is larger than the state, or a token id is outside the vocabulary.</exception>
    /// <remarks>Source: Meta llama-models, models/llama4/model.py, Transformer.forward and TransformerBlock.forward.</remarks>
    public Activations Forward(Batch batch, KvCache cache, DecoderState state)
    {
        state.Check(batch);
        cache.Reserve(batch);

        int rows = batch.Rows;
        Activations hidden = state.Hidden, attended = state.Attended;
        _backend.Embed(_weights.Embedding, batch, hidden);
        _backend.FillRope(Config.Rope, batch, state.Angles);
        for (int i = 0; i < _weights.Layers.Count; i++)
        {
            DecoderLayerWeights layer = _weights.Layers[i];
            Attend(layer, Config.Layers[i], batch, cache.LayerOf(i), hidden, state);
            if (i == _weights.Layers.Count - 1 && !batch.NeedsHidden) (hidden, attended, rows) = KeepLogitRows(batch, state);
            if (rows == 0) break;

            _backend.MatMul(attended, rows, [new Projection(layer.O, hidden, Accumulate: true)]);
            FeedForward(layer, hidden, rows, state);
        }

        if (rows > 0)
        {
            _backend.RmsNorm(hidden, _weights.OutputNorm, Config.RmsEps, state.Normed, rows);
            if (!batch.NeedsHidden) _backend.MatMul(state.Normed, rows, [new Projection(_weights.Output, state.Logits)]);
            else if (batch.LogitRows.Length > 0)
            {
                _backend.Gather(state.Normed, batch.LogitRows, state.Kept);
                _backend.MatMul(state.Kept, batch.LogitRows.Length, [new Projection(_weights.Output, state.Logits)]);
            }
        }

        cache.Commit(batch);
        return state.Logits;
    }

    /// <summary>Logits of the <paramref name="index"/>-th row that asked for them in the last call, [vocab].</summary>
    public ReadOnlySpan<float> Logits(DecoderState state, int index) => _backend.Read(state.Logits, index);

    /// <summary>
    /// Final hidden state of a row of the last call, after the last norm, [hiddenSize]; of batches that asked for it
    /// (<see cref="Batch.NeedsHidden"/>).
    /// </summary>
    public ReadOnlySpan<float> Hidden(DecoderState state, int row) => _backend.Read(state.Normed, row);

    /// <summary>Frees the converted vectors.</summary>
    public void Dispose() => _weights.Dispose();

    private void Attend(DecoderLayerWeights weights, DecoderLayerConfig layer, Batch batch, in KvLayer kv, Activations hidden, DecoderState s)
    {
        int rows = batch.Rows;
        _backend.RmsNorm(hidden, weights.AttentionNorm, Config.RmsEps, s.Normed, rows);
        _backend.MatMul(s.Normed, rows, [new Projection(weights.Q, s.Q), new Projection(weights.K, s.K), new Projection(weights.V, s.V)]);
        if (layer.UsesRope) _backend.RopeQkNorm(s.Q, s.K, rows, Config.HeadDim, Config.Rope, s.Angles, layer.QkNorm ? Config.RmsEps : null);
        if (layer.Temperature is { } tuning) _backend.ScaleQueries(s.Q, batch, tuning);

        _backend.WriteKv(s.K, s.V, batch, kv);
        AttentionSpec spec = new(Config.NHeads, Config.NKvHeads, Config.HeadDim, 1 / MathF.Sqrt(Config.HeadDim), layer.ChunkSize);
        _backend.Attention(s.Q, batch, kv, spec, s.Attended);
    }

    /// <summary>After the last attention nothing looks at another row again, so only rows that want logits go on.</summary>
    private (Activations Hidden, Activations Attended, int Rows) KeepLogitRows(Batch batch, DecoderState s)
    {
        int wanted = batch.LogitRows.Length;
        if (wanted == batch.Rows || wanted == 0) return (s.Hidden, s.Attended, wanted);

        _backend.Gather(s.Hidden, batch.LogitRows, s.Kept);
        _backend.Gather(s.Attended, batch.LogitRows, s.Q);
        return (s.Kept, s.Q, wanted);
    }

    private void FeedForward(DecoderLayerWeights weights, Activations hidden, int rows, DecoderState s)
    {
        _backend.RmsNorm(hidden, weights.FeedForwardNorm, Config.RmsEps, s.Normed, rows);
        if (weights.Dense is { } dense)
        {
            (Activations gate, Activations up) = s.FeedForward(dense.IntermediateSize);
            _backend.MatMul(s.Normed, rows, [new Projection(dense.Gate, gate), new Projection(dense.Up, up)]);
            _backend.SwiGlu(gate, up, gate, rows);
            _backend.MatMul(gate, rows, [new Projection(dense.Down, hidden, Accumulate: true)]);
        }

        if (weights.Experts is { } experts) _backend.Experts(s.Normed, rows, experts, hidden);
    }
}
