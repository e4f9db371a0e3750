using Puna.Training.Model;
using Puna.Training.Numerics;
using Puna.Training.Optimization;

namespace Puna.Training.Encoder;

/// <summary>Trains an encoder on one thread: the same settings and batches give the same weights.</summary>
internal sealed class EncoderRun : IDisposable
{
    private readonly EncoderLayout _layout;
    private readonly EncoderNetwork _network;
    private readonly AdamW _optimizer;
    private readonly FloatBuffer _gradients;
    private readonly Settings _settings;
    private long _step;

    /// <summary>What decides a run beside its batches.</summary>
    public sealed record Settings
    {
        public ulong Seed { get; init; } = 1;

        public int Steps { get; init; } = 2000;

        public int Warmup { get; init; } = 100;

        public double Rate { get; init; } = 1e-3;

        public float Decay { get; init; } = 0.05f;

        /// <summary>Most tokens of a batch.</summary>
        public int BatchTokens { get; init; } = 2048;
    }

    public EncoderRun(EncoderLayout layout, Settings settings)
    {
        (_layout, _settings) = (layout, settings);
        Weights = layout.Initialize(settings.Seed);
        _gradients = new FloatBuffer(layout.Length);
        _optimizer = new AdamW(layout.Length);
        _network = new EncoderNetwork(layout, settings.BatchTokens);
    }

    public FloatBuffer Weights { get; }

    /// <summary>Does one step.</summary>
    /// <returns>The batch's mean cross-entropy before it.</returns>
    /// <exception cref="InvalidOperationException">The gradient is not finite.</exception>
    public double Advance(EncoderBatch batch)
    {
        double loss = _network.ForwardBackward(Weights, batch, _gradients), norm;
        unsafe
        {
            norm = Math.Sqrt(Kernels.SumOfSquares(_gradients.Data, _gradients.Length));
        }

        _step++;
        if (!double.IsFinite(norm)) throw new InvalidOperationException($"The gradient is not finite at step {_step}. Lower the learning rate.");

        double rise = Math.Min(1, (double)_step / _settings.Warmup), fall = 0.5 * (1 + Math.Cos(Math.PI * Math.Min(1, (double)_step / _settings.Steps)));
        foreach (ParameterSlot slot in _layout.Slots)
            _optimizer.Update(slot, Weights, _gradients, (float)Math.Min(1, 1 / (norm + 1e-6)), (float)(_settings.Rate * rise * Math.Max(0.02, fall)), _settings.Decay, _step);
        return loss;
    }

    /// <summary>Probability of the second class of each window.</summary>
    public float[] Score(EncoderBatch batch)
    {
        ReadOnlySpan<float> logits = _network.Forward(Weights, batch);
        float[] scores = new float[batch.Lengths.Length];
        for (int i = 0; i < scores.Length; i++) scores[i] = Kernels.Sigmoid(logits[(i * _layout.Shape.Labels) + 1] - logits[i * _layout.Shape.Labels]);
        return scores;
    }

    public void Dispose()
    {
        _network.Dispose();
        _optimizer.Dispose();
        _gradients.Dispose();
        Weights.Dispose();
    }
}
