using Puna.Compute;

namespace Puna.Models.PromptGuard;

/// <summary>
/// A DeBERTa-v2 encoder with a classifier on its first row: windows of token ids in, logits out. Windows are computed side
/// by side without padding, and each gets what it would get alone. One call at a time.
/// </summary>
public sealed class DebertaClassifier : IDisposable
{
    private readonly IEncoderBackend _backend;
    private readonly DebertaWeights _weights;
    private readonly DisentangledSpec _spec;
    private readonly (Activations K, Activations Q)[] _relative; // by layer: [hidden, distances]
    private readonly Batch _batch;
    private readonly Activations _hidden, _q, _k, _v, _attended, _intermediate, _first, _pooled, _logits;
    private readonly RowWindow[] _windows;

    /// <summary>Prepares the relative positions, which depend on weights alone, and buffers.</summary>
    /// <param name="config">Settings.</param>
    /// <param name="weights">Weights; owned from here on.</param>
    /// <param name="backend">Where to compute; the caller's.</param>
    /// <param name="maxRows">Tokens of all windows of a call, at least the longest window.</param>
    public DebertaClassifier(DebertaConfig config, DebertaWeights weights, IEncoderBackend backend, int maxRows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRows, config.MaxPositions);
        Config = config;
        MaxRows = maxRows;
        _weights = weights;
        _backend = backend;
        _spec = new DisentangledSpec(config.NHeads, config.HeadDim, 1 / MathF.Sqrt(3 * config.HeadDim), config.MaxPositions);
        int h = config.HiddenSize;
        _batch = new Batch(Math.Max(maxRows, 2 * config.PositionBuckets));
        _windows = new RowWindow[maxRows];
        (_hidden, _q, _k, _v, _attended) = (Rows(h), Rows(h), Rows(h), Rows(h), Rows(h));
        (_intermediate, _first, _pooled, _logits) = (Rows(config.IntermediateSize), Rows(h), Rows(h), Rows(config.NLabels));
        _relative = RelativeTables();
    }

    public DebertaConfig Config { get; }

    /// <summary>Most tokens of a call.</summary>
    public int MaxRows { get; }

    /// <summary>Hidden states of the first row of the first window after each layer, the embedding first; for tests.</summary>
    internal Action<int, float[]>? Observe { get; set; }

    /// <summary>Computes the logits of windows.</summary>
    /// <param name="windows">Token ids of each window, special tokens included; each 1 to <see cref="DebertaConfig.MaxPositions"/> long, together at most <see cref="MaxRows"/>.</param>
    /// <returns>Logits by window, [windows][labels].</returns>
    /// <exception cref="ArgumentException">A length is out of range, or an id is outside the vocabulary.</exception>
    public float[][] Classify(IReadOnlyList<ReadOnlyMemory<int>> windows)
    {
        if (windows.Count == 0) return [];
        Span<RowWindow> spans = Fill(windows);
        int rows = _batch.Rows;
        _backend.Embed(_weights.Embedding, _batch, _hidden);
        Normalize(_weights.EmbeddingNorm, _hidden, rows);
        Watch(0, _hidden);
        for (int i = 0; i < _weights.Layers.Count - 1; i++)
        {
            DebertaLayerWeights layer = _weights.Layers[i];
            Project(_hidden, rows, (layer.Q, _q), (layer.K, _k), (layer.V, _v));
            _backend.DisentangledAttention(_q, _k, _v, _relative[i].K, _relative[i].Q, spans, _spec, _attended);
            Finish(layer, _attended, _hidden, rows);
            Watch(i + 1, _hidden);
        }

        LastLayer(spans, rows);
        return Head(windows.Count);
    }

    /// <summary>Frees weights' conversions and buffers.</summary>
    public void Dispose()
    {
        foreach (Activations buffer in (Activations[])[_hidden, _q, _k, _v, _attended, _intermediate, _first, _pooled, _logits]) buffer.Dispose();
        foreach ((Activations k, Activations q) in _relative)
        {
            k.Dispose();
            q.Dispose();
        }

        _weights.Dispose();
    }

    /// <summary>The classifier reads the first row alone, so that of the last layer only it is computed.</summary>
    private void LastLayer(ReadOnlySpan<RowWindow> spans, int rows)
    {
        int last = _weights.Layers.Count - 1, windows = spans.Length;
        DebertaLayerWeights layer = _weights.Layers[last];
        int[] firstRows = new int[windows];
        for (int w = 0; w < windows; w++) firstRows[w] = spans[w].First;

        _backend.Gather(_hidden, firstRows, _first);
        Project(_hidden, rows, (layer.K, _k), (layer.V, _v));
        Project(_first, windows, (layer.Q, _q));
        _backend.DisentangledAttention(_q, _k, _v, _relative[last].K, _relative[last].Q, spans, _spec with { FirstRowOnly = true }, _attended);
        Finish(layer, _attended, _first, windows);
        Watch(last + 1, _first);
    }

    private float[][] Head(int windows)
    {
        _backend.MatMul(_first, windows, [new Projection(_weights.Pooler.Weight, _pooled)]);
        _backend.BiasGelu(_pooled, _weights.Pooler.Bias, windows);
        Project(_pooled, windows, (_weights.Classifier, _logits));
        float[][] logits = new float[windows][];
        for (int w = 0; w < windows; w++) logits[w] = _backend.Read(_logits, w).ToArray();
        return logits;
    }

    /// <summary>The rest of a layer: output projection, residual, norm, feed-forward, residual, norm.</summary>
    private void Finish(DebertaLayerWeights layer, Activations attended, Activations hidden, int rows)
    {
        _backend.MatMul(attended, rows, [new Projection(layer.AttentionOutput.Weight, hidden, Accumulate: true)]);
        _backend.AddBias(hidden, layer.AttentionOutput.Bias, rows);
        Normalize(layer.AttentionNorm, hidden, rows);

        _backend.MatMul(hidden, rows, [new Projection(layer.Intermediate.Weight, _intermediate)]);
        _backend.BiasGelu(_intermediate, layer.Intermediate.Bias, rows);
        _backend.MatMul(_intermediate, rows, [new Projection(layer.Output.Weight, hidden, Accumulate: true)]);
        _backend.AddBias(hidden, layer.Output.Bias, rows);
        Normalize(layer.OutputNorm, hidden, rows);
    }

    private void Project(Activations x, int rows, params ReadOnlySpan<(Linear Linear, Activations Output)> products)
    {
        Projection[] projections = new Projection[products.Length];
        for (int i = 0; i < products.Length; i++) projections[i] = new Projection(products[i].Linear.Weight, products[i].Output);
        _backend.MatMul(x, rows, projections);
        foreach ((Linear linear, Activations output) in products) _backend.AddBias(output, linear.Bias, rows);
    }

    private void Normalize(NormWeights norm, Activations x, int rows) => _backend.LayerNorm(x, norm.Weight, norm.Bias, Config.LayerNormEps, x, rows);

    /// <summary>Keys and queries of all distances, by the layer's own projections of the normalised table.</summary>
    private (Activations K, Activations Q)[] RelativeTables()
    {
        int buckets = 2 * Config.PositionBuckets, h = Config.HiddenSize, columns = DisentangledSpec.DistanceColumns(Config.MaxPositions);
        int[] rowOf = new int[columns];
        for (int c = 0; c < columns; c++) rowOf[c] = Config.RelativeRow(Config.MaxPositions - 1 - c); // column c is key minus query

        using Activations table = _backend.Allocate(buckets, h), keys = _backend.Allocate(buckets, h), queries = _backend.Allocate(buckets, h);
        _batch.Clear();
        for (int b = 0; b < buckets; b++) _batch.Add(b, b, 0, needsLogits: false);
        _backend.Embed(_weights.Relative, _batch, table);
        Normalize(_weights.RelativeNorm, table, buckets);

        var result = new (Activations K, Activations Q)[_weights.Layers.Count];
        for (int i = 0; i < result.Length; i++)
        {
            DebertaLayerWeights layer = _weights.Layers[i];
            Project(table, buckets, (layer.K, keys), (layer.Q, queries));
            result[i] = (_backend.Allocate(h, columns), _backend.Allocate(h, columns));
            _backend.SpreadDistances(keys, rowOf, result[i].K);
            _backend.SpreadDistances(queries, rowOf, result[i].Q);
        }

        return result;
    }

    private Span<RowWindow> Fill(IReadOnlyList<ReadOnlyMemory<int>> windows)
    {
        _batch.Clear();
        for (int w = 0; w < windows.Count; w++)
        {
            int length = windows[w].Length;
            if (length < 1 || length > Config.MaxPositions) throw new ArgumentException($"Window {w} has {length} tokens; 1 to {Config.MaxPositions} are possible.", nameof(windows));
            if (_batch.Rows + length > MaxRows) throw new ArgumentException($"The windows have more than {MaxRows} tokens together; give fewer at a time.", nameof(windows));

            _windows[w] = new RowWindow(_batch.Rows, length);
            foreach (int id in windows[w].Span) _batch.Add(id, _batch.Rows - _windows[w].First, w, needsLogits: false);
        }

        return _windows.AsSpan(0, windows.Count);
    }

    private Activations Rows(int width) => _backend.Allocate(MaxRows, width);

    private void Watch(int layer, Activations x) => Observe?.Invoke(layer, _backend.Read(x, 0).ToArray());
}
