using Puna.Training.Model;
using Puna.Training.Numerics;
using Puna.Training.Optimization;
using Xunit;

namespace Puna.Training.Tests;

public sealed class LowRankTests
{
    private static readonly RunSettings Settings = new()
    {
        Shape = new ModelShape { Layers = 2, Hidden = 32, Heads = 2, KvHeads = 1, HeadDim = 16, Experts = 2, ExpertHidden = 24, Vocabulary = 48 },
        Steps = 60,
        WarmupSteps = 5,
        PeakRate = 2e-2,
        BatchesPerStep = 2,
        BatchTokens = 64,
        Rank = 4,
        Alpha = 8,
    };

    [Fact]
    public void Adapters_learn_while_norms_routers_and_embedding_stay()
    {
        ParameterLayout layout = new(Settings.Shape);
        using FloatBuffer start = layout.Initialize(seed: 7);
        using TrainingRun run = new(Settings, threads: 2, start);
        Assert.InRange(run.Trained, 1, run.Parameters / 2);

        double first = run.Advance(Batch), last = first;
        for (int i = 1; i < 60; i++) last = run.Advance(Batch);

        Assert.True(last < 0.7 * first, $"loss {first} became {last}");
        foreach (ParameterSlot slot in layout.Slots)
        {
            bool same = start.Span.Slice((int)slot.Offset, (int)slot.Length).SequenceEqual(run.State[0].Span.Slice((int)slot.Offset, (int)slot.Length));
            bool adapted = slot.Decays && !slot.Name.Contains("ffn_gate_inp", StringComparison.Ordinal);
            Assert.True(same != adapted, $"{slot.Name} {(same ? "stayed" : "changed")}");
        }
    }

    [Fact]
    public void A_run_resumed_from_its_checkpoint_ends_with_the_same_weights()
    {
        using FloatBuffer start = new ParameterLayout(Settings.Shape).Initialize(seed: 7);
        using TrainingRun whole = new(Settings, threads: 1, start), half = new(Settings, threads: 1, start);
        for (int i = 0; i < 12; i++) whole.Advance(Batch);
        for (int i = 0; i < 5; i++) half.Advance(Batch);
        string path = Path.Combine(Path.GetTempPath(), $"puna-lowrank-{Guid.NewGuid():N}.bin");
        try
        {
            Checkpoint.Save(path, half);
            using TrainingRun resumed = Checkpoint.Load(path, threads: 2);
            for (int i = 5; i < 12; i++) resumed.Advance(Batch);

            Assert.Equal(12, resumed.Step);
            Assert.True(whole.State[0].Span.SequenceEqual(resumed.State[0].Span));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Gradients_of_both_factors_agree_with_finite_differences()
    {
        ParameterLayout layout = new(Settings.Shape);
        using LowRankAdapter adapter = new(layout, rank: 3, alpha: 6, seed: 2);
        using FloatBuffer gradients = new(layout.Length), weights = new(layout.Length);
        SeededRandom random = new(4);
        foreach (ref float value in adapter.Values.Span) value = random.NextGaussian() * 0.1f;
        foreach (ref float value in gradients.Span) value = random.NextGaussian();

        // The loss is the sum of gradient times weight, so that its gradient by W is what was drawn.
        for (int matrix = 0; matrix < adapter.Count; matrix += 3)
        {
            double squares = adapter.Project(matrix, gradients), measured = 0;
            (int from, int length) = adapter.Range(matrix);
            for (int i = from; i < from + length; i++)
            {
                double slope = (LossWith(i, 1e-2f) - LossWith(i, -1e-2f)) / 2e-2;
                measured += slope * slope;
            }

            Assert.Equal(measured, squares, 0.01 * measured);

            double LossWith(int index, float change)
            {
                adapter.Values.Span[index] += change;
                adapter.Merge(matrix, weights);
                adapter.Values.Span[index] -= change;
                double loss = 0;
                for (int i = 0; i < layout.Length; i++) loss += (double)weights.Span[i] * gradients.Span[i];
                weights.Span.Clear();
                return loss;
            }
        }
    }

    private static TokenBatch Batch(ref long example, int capacity)
    {
        SeededRandom random = SeededRandom.For(3, example++ % 4);
        int[] tokens = [.. Enumerable.Range(0, 24).Select(_ => random.Next(48))];
        float[] weights = new float[24];
        weights.AsSpan(0, 23).Fill(1);
        return new TokenBatch(tokens, [24], weights);
    }
}
