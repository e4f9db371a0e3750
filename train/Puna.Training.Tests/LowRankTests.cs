using Puna.Training.Model;
using Puna.Training.Numerics;
using Puna.Training.Optimization;
using Xunit;

namespace Puna.Training.Tests;

public sealed class LowRankTests
{
    private static readonly RunSettings Settings = SmallRun.Settings with { Rank = 4, Alpha = 8 };

    [Fact]
    public void Adapters_learn_while_norms_routers_and_embedding_stay()
    {
        ParameterLayout layout = new(Settings.Shape);
        using FloatBuffer start = layout.Initialize(seed: 7);
        using TrainingRun run = new(Settings, threads: 2, start);
        Assert.InRange(run.Trained, 1, run.Parameters / 2);

        double first = run.Advance(SmallRun.Batch), last = first;
        for (int i = 1; i < 60; i++) last = run.Advance(SmallRun.Batch);

        Assert.True(last < 0.7 * first, $"loss {first} became {last}");
        foreach (ParameterSlot slot in layout.Slots)
        {
            bool same = start.Span.Slice((int)slot.Offset, (int)slot.Length).SequenceEqual(run.State[0].Span.Slice((int)slot.Offset, (int)slot.Length));
            bool adapted = slot.Decays && !slot.Name.Contains("ffn_gate_inp", StringComparison.Ordinal);
            Assert.True(same != adapted, $"{slot.Name} {(same ? "stayed" : "changed")}");
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
}
