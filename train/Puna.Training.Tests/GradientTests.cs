using Puna.Training.Model;
using Puna.Training.Numerics;
using Xunit;

namespace Puna.Training.Tests;

public sealed unsafe class GradientTests
{
    private static readonly ModelShape Shape = new()
    {
        Layers = 4,
        Hidden = 24,
        Heads = 4,
        KvHeads = 2,
        HeadDim = 8,
        Experts = 3,
        ExpertHidden = 20,
        Vocabulary = 40,
        ChunkSize = 7,
        TemperatureFloor = 5,
        TemperatureScale = 0.5,
    };

    [Fact]
    public void Gradient_of_every_parameter_group_agrees_with_finite_differences()
    {
        ParameterLayout layout = new(Shape);
        using FloatBuffer weights = layout.Initialize(seed: 3);
        for (int i = 0; i < weights.Length; i++) weights.Data[i] *= 1.5f;
        using FloatBuffer gradients = new(layout.Length);
        using Network network = new(layout, 64);
        TokenBatch batch = Batch();
        network.ForwardBackward(weights, batch, gradients, lossScale: 1, balance: 0);
        int[] loads = Loads(network);
        SeededRandom random = new(9);
        int checks = 0;
        foreach (ParameterSlot slot in layout.Slots)
        {
            // One direction through all values of the group: the derivative along it is what the gradient says.
            float[] direction = [.. Enumerable.Range(0, (int)slot.Length).Select(_ => random.NextGaussian())];
            double predicted = 0, length = 0;
            for (int i = 0; i < direction.Length; i++)
            {
                predicted += direction[i] * (double)gradients.Data[slot.Offset + i];
                length += direction[i] * (double)direction[i];
            }

            double step = 2e-3 / Math.Sqrt(length);
            double up = LossAt(network, layout, weights, slot, direction, step, batch, out bool sameUp, loads);
            double down = LossAt(network, layout, weights, slot, direction, -step, batch, out bool sameDown, loads);
            if (!sameUp || !sameDown) continue; // a token changed its expert: the loss has a step there

            double measured = (up - down) / (2 * step);
            double scale = Math.Max(Math.Abs(predicted), Math.Sqrt(length) * 0.02);
            Assert.True(Math.Abs(measured - predicted) < 0.03 * scale, $"{slot.Name}: gradient {predicted}, difference {measured}");
            checks++;
        }

        Assert.True(checks > layout.Slots.Count * 0.8, $"only {checks} of {layout.Slots.Count} groups could be checked");
    }

    [Fact]
    public void Gradient_of_the_balancing_loss_agrees_with_finite_differences()
    {
        ParameterLayout layout = new(Shape);
        using FloatBuffer weights = layout.Initialize(seed: 3), gradients = new(layout.Length);
        for (int i = 0; i < weights.Length; i++) weights.Data[i] *= 1.5f;
        using Network network = new(layout, 64);
        TokenBatch batch = Batch();
        network.ForwardBackward(weights, batch, gradients, lossScale: 0, balance: 1);
        int[] loads = Loads(network);
        SeededRandom random = new(9);
        int checks = 0;
        foreach (ParameterSlot slot in layout.Slots)
        {
            float[] direction = [.. Enumerable.Range(0, (int)slot.Length).Select(_ => random.NextGaussian())];
            double predicted = Enumerable.Range(0, direction.Length).Sum(i => direction[i] * (double)gradients.Data[slot.Offset + i]);
            double length = Math.Sqrt(direction.Sum(x => x * (double)x)), step = 4e-3 / length;
            double up = BalanceAt(step, out bool sameUp), down = BalanceAt(-step, out bool sameDown);
            if (!sameUp || !sameDown) continue; // the shares of the experts count as fixed

            double measured = (up - down) / (2 * step);
            Assert.True(Math.Abs(measured - predicted) < 0.03 * Math.Max(Math.Abs(predicted), 0.02 * length), $"{slot.Name}: gradient {predicted}, difference {measured}");
            if (Math.Abs(predicted) > 0.02 * length) checks++;

            double BalanceAt(double by, out bool sameRoute)
            {
                float[] kept = weights.Span.Slice((int)slot.Offset, direction.Length).ToArray();
                for (int i = 0; i < direction.Length; i++) weights.Data[slot.Offset + i] += (float)(by * direction[i]);
                network.Forward(weights, batch);
                kept.CopyTo(weights.Span[(int)slot.Offset..]);
                sameRoute = Loads(network).SequenceEqual(loads);
                return Enumerable.Range(0, Shape.Layers).Sum(layer => Balance(network, layer));
            }
        }

        Assert.True(checks >= Shape.Layers, $"only {checks} groups had a gradient large enough to compare");
    }

    // E·Σ fₑPₑ, by its definition.
    private static double Balance(Network network, int layer)
    {
        float[] logits = network.RouterLogits(layer).ToArray();
        double sum = 0;
        foreach (float[] row in logits.Chunk(Shape.Experts))
        {
            double all = row.Sum(x => Math.Exp(x));
            for (int e = 0; e < row.Length; e++) sum += Math.Exp(row[e]) / all * network.ExpertLoad(layer, e);
        }

        int tokens = logits.Length / Shape.Experts;
        return Shape.Experts * sum / tokens / tokens;
    }

    [Fact]
    public void Sequences_of_a_batch_do_not_see_each_other()
    {
        ParameterLayout layout = new(Shape);
        using FloatBuffer weights = layout.Initialize(seed: 4);
        using Network network = new(layout, 64);
        TokenBatch both = Batch();
        int first = both.Lengths[0];
        float[] together = LogitsOf(network, weights, both);
        float[] alone = LogitsOf(network, weights, new TokenBatch(both.Tokens[first..], [both.Lengths[1]], both.Weights[first..]));
        for (int i = 0; i < alone.Length; i++) Assert.Equal(alone[i], together[first * Shape.Vocabulary + i], 4);
    }

    private static float[] LogitsOf(Network network, FloatBuffer weights, TokenBatch batch)
    {
        float[] logits = new float[batch.Tokens.Length * Shape.Vocabulary];
        network.Forward(weights, batch);
        fixed (float* p = logits) network.Logits(p);
        return logits;
    }

    private static double LossAt(Network network, ParameterLayout layout, FloatBuffer weights, ParameterSlot slot, float[] direction, double step, TokenBatch batch, out bool sameRoute, int[] loads)
    {
        float[] kept = weights.Span.Slice((int)slot.Offset, direction.Length).ToArray();
        for (int i = 0; i < direction.Length; i++) weights.Data[slot.Offset + i] += (float)(step * direction[i]);
        using FloatBuffer unused = new(layout.Length);
        double loss = network.ForwardBackward(weights, batch, unused, lossScale: 1, balance: 0);
        sameRoute = Loads(network).SequenceEqual(loads);
        kept.CopyTo(weights.Span[(int)slot.Offset..]);
        return loss;
    }

    private static int[] Loads(Network network) =>
        [.. Enumerable.Range(0, Shape.Layers * Shape.Experts).Select(i => network.ExpertLoad(i / Shape.Experts, i % Shape.Experts))];

    private static TokenBatch Batch()
    {
        SeededRandom random = new(5);
        int[] tokens = [.. Enumerable.Range(0, 40).Select(_ => random.Next(Shape.Vocabulary))];
        float[] weights = [.. Enumerable.Range(0, 40).Select(i => i is 22 or 39 ? 0 : i % 5 == 0 ? 0 : 0.25f + i % 3)];
        return new TokenBatch(tokens, [23, 17], weights);
    }
}
