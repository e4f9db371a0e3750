using Puna.Training.Model;
using Puna.Training.Numerics;
using Puna.Training.Optimization;

namespace Puna.Training.Tests;

/// <summary>A run small enough for tests, over four batches again and again.</summary>
internal static class SmallRun
{
    public static RunSettings Settings { get; } = new()
    {
        Shape = new ModelShape { Layers = 2, Hidden = 32, Heads = 2, KvHeads = 1, HeadDim = 16, Experts = 2, ExpertHidden = 24, Vocabulary = 48 },
        Steps = 60,
        WarmupSteps = 5,
        PeakRate = 2e-2,
        BatchesPerStep = 2,
        BatchTokens = 64,
    };

    public static TokenBatch Batch(ref long example, int capacity)
    {
        SeededRandom random = SeededRandom.For(3, example++ % 4);
        int[] tokens = [.. Enumerable.Range(0, 24).Select(_ => random.Next(48))];
        float[] weights = new float[24];
        weights.AsSpan(0, 23).Fill(1);
        return new TokenBatch(tokens, [24], weights);
    }
}
