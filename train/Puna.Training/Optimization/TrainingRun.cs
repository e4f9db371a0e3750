using Puna.Training.Model;
using Puna.Training.Numerics;

namespace Puna.Training.Optimization;

/// <summary>
/// Weights, optimizer and position of a run. A step computes its batches on any number of threads, each batch into a gradient of
/// its own, and adds these in the order of the batches: the result does not depend on the number of threads.
/// </summary>
public sealed unsafe class TrainingRun : IDisposable
{
    private readonly ParameterLayout _layout;
    private readonly FloatBuffer _weights;
    private readonly AdamW? _optimizer;
    private readonly LowRankAdapter? _adapter;
    private readonly FloatBuffer[] _gradients;
    private readonly Network[] _networks;

    /// <summary>A run at its beginning.</summary>
    /// <param name="settings">What decides it.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="start">Weights to begin with, as many as the shape has; drawn if null. Copied.</param>
    /// <exception cref="ArgumentException">The weights are of another shape.</exception>
    public TrainingRun(RunSettings settings, int threads, FloatBuffer? start = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        Settings = settings;
        _layout = new ParameterLayout(settings.Shape);
        if (start is not null && start.Length != _layout.Length) throw new ArgumentException($"There are {start.Length} weights to begin with; the shape has {_layout.Length}.", nameof(start));
        _weights = _layout.Initialize(settings.Seed);
        start?.Span.CopyTo(_weights.Span);
        if (settings.Rank == 0) _optimizer = new AdamW(_layout.Length);
        else
        {
            _adapter = new LowRankAdapter(_layout, settings.Rank, settings.Alpha, settings.Seed);
            _weights.Span.CopyTo(_adapter.Base.Span);
        }

        _gradients = [.. Enumerable.Range(0, settings.BatchesPerStep).Select(_ => new FloatBuffer(_layout.Length))];
        _networks = [.. Enumerable.Range(0, Math.Clamp(threads, 1, settings.BatchesPerStep)).Select(_ => new Network(_layout, settings.BatchTokens))];
    }

    /// <summary>Makes a batch beginning with an example, and moves past those it took.</summary>
    public delegate TokenBatch BatchReader(ref long example, int capacity);

    public RunSettings Settings { get; }

    public long Parameters => _layout.Length;

    /// <summary>Values that the optimizer changes.</summary>
    public long Trained => _adapter?.Parameters ?? _layout.Length;

    /// <summary>Steps done.</summary>
    public long Step { get; private set; }

    /// <summary>Number of the next example to read.</summary>
    public long NextExample { get; private set; }

    public long TokensSeen { get; private set; }

    /// <summary>Norm of the last gradient before clipping.</summary>
    public double GradientNorm { get; private set; }

    /// <summary>Of the last step: the largest share of tokens that one expert of a layer got.</summary>
    public double LargestExpertShare { get; private set; }

    /// <summary>All that a checkpoint holds; the weights to use are the first.</summary>
    internal FloatBuffer[] State => _adapter is null ? [_weights, _optimizer!.Mean, _optimizer.Square] : [_weights, .. _adapter.State];

    /// <summary>Values of <see cref="State"/> for given settings.</summary>
    internal static long StateLength(RunSettings settings)
    {
        ParameterLayout layout = new(settings.Shape);
        return settings.Rank == 0 ? 3 * layout.Length : (2 * layout.Length) + (3 * LowRankAdapter.CountValues(layout, settings.Rank));
    }

    internal void Restore(long step, long nextExample, long tokens)
    {
        Step = step;
        NextExample = nextExample;
        TokensSeen = tokens;
    }

    /// <summary>Does one step.</summary>
    /// <returns>Mean loss of the step in nats per unit of weight.</returns>
    public double Advance(BatchReader read)
    {
        ArgumentNullException.ThrowIfNull(read);
        TokenBatch[] batches = new TokenBatch[Settings.BatchesPerStep];
        long example = NextExample;
        for (int i = 0; i < batches.Length; i++) batches[i] = read(ref example, Settings.BatchTokens);
        NextExample = example;
        double weight = batches.Sum(b => b.Weights.Sum(w => (double)w));
        double[] losses = new double[batches.Length], shares = new double[batches.Length];
        int next = -1;
        OnThreads(thread =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) < batches.Length;)
            {
                losses[i] = _networks[thread].ForwardBackward(_weights, batches[i], _gradients[i], (float)(1 / weight), Settings.Balance / batches.Length);
                shares[i] = LargestShare(_networks[thread], batches[i].Tokens.Length);
            }
        });

        Apply();
        TokensSeen += batches.Sum(b => (long)b.Tokens.Length);
        LargestExpertShare = shares.Max();
        return losses.Sum() / weight;
    }

    public void Dispose()
    {
        foreach (Network network in _networks) network.Dispose();
        foreach (FloatBuffer gradient in _gradients) gradient.Dispose();
        _optimizer?.Dispose();
        _adapter?.Dispose();
        _weights.Dispose();
    }

    private double LargestShare(Network network, int tokens) => Enumerable.Range(0, Settings.Shape.Layers * Settings.Shape.Experts)
        .Max(i => network.ExpertLoad(i / Settings.Shape.Experts, i % Settings.Shape.Experts)) / (double)tokens;

    private void Apply()
    {
        ForEach(_layout.Slots.Count, i =>
        {
            ParameterSlot slot = _layout.Slots[i];
            for (int b = 1; b < _gradients.Length; b++) Kernels.AddScaled(_gradients[0].Data + slot.Offset, _gradients[b].Data + slot.Offset, 1, slot.Length);
        });

        double[] squares = new double[_adapter?.Count ?? _layout.Slots.Count];
        ForEach(squares.Length, i => squares[i] = _adapter?.Project(i, _gradients[0]) ?? Kernels.SumOfSquares(_gradients[0].Data + _layout.Slots[i].Offset, _layout.Slots[i].Length));
        Step++;
        GradientNorm = Math.Sqrt(squares.Sum());
        if (!double.IsFinite(GradientNorm)) throw new InvalidOperationException($"The gradient is not finite at step {Step}. Lower the learning rate.");

        float scale = (float)Math.Min(1, Settings.ClipNorm / (GradientNorm + 1e-6)), rate = Settings.RateAt(Step);
        ForEach(squares.Length, i =>
        {
            if (_adapter is null) _optimizer!.Update(_layout.Slots[i], _weights, _gradients[0], scale, rate, Settings.Decay, Step);
            else _adapter.Update(i, _weights, scale, rate, Settings.Decay, Step);
        });
    }

    private void ForEach(int count, Action<int> body)
    {
        int next = -1;
        OnThreads(_ =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) < count;) body(i);
        });
    }

    private void OnThreads(Action<int> body)
    {
        if (_networks.Length == 1) body(0);
        else Parallel.For(0, _networks.Length, new ParallelOptions { MaxDegreeOfParallelism = _networks.Length }, body);
    }
}
