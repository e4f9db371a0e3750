using Puna.Backend.Tests.MatMul;
using Puna.Compute;
using Puna.Compute.Cpu;
using Puna.Compute.Cpu.Activation;
using Puna.Compute.Cpu.Experts;
using Puna.Compute.Cpu.MatMul;
using Puna.Compute.Cpu.Threading;
using Puna.Tensors;

namespace Puna.Backend.Tests.Experts;

public sealed class CpuExpertsTests : IDisposable
{
    private const int D = 256, F = 512, Count = 5;

    private readonly RandomWeights[] _weights =
    [
        new(ElementType.F32, D, Count, seed: 100),
        .. Enumerable.Range(0, Count).Select(e => new RandomWeights(ElementType.Q4_K, D, F, seed: e)),
        .. Enumerable.Range(0, Count).Select(e => new RandomWeights(ElementType.Q8_0, D, F, seed: 10 + e)),
        .. Enumerable.Range(0, Count).Select(e => new RandomWeights(ElementType.Q6_K, F, D, seed: 20 + e)),
    ];

    public void Dispose()
    {
        foreach (RandomWeights weights in _weights) weights.Dispose();
    }

    [Theory, InlineData(1, 1), InlineData(1, 2), InlineData(1, 3), InlineData(2, 1), InlineData(2, 2), InlineData(2, 3)]
    public void Each_row_gets_its_experts_in_increasing_order(int topK, int threads)
    {
        ExpertWeights experts = Weights(topK);
        using WorkerTeam team = new(threads);
        using CpuMatMul matMul = new(team, CpuFeatures.Highest);
        using CpuExperts cpu = new(team, matMul);
        foreach (int rows in (int[])[1, 2, 7, 33])
        {
            using HostActivations x = KernelRun.Activations(rows, D, seed: rows), y = new(rows, D);
            for (int r = 0; r < rows; r++) y.Row(r).Fill(0.25f);

            cpu.Run(x, rows, experts, y);

            for (int r = 0; r < rows; r++) Assert.Equal(Expected(experts, x.Row(r)), y.Row(r).ToArray());
        }
    }

    [Fact]
    public void Ties_go_to_the_lowest_index()
    {
        using HostActivations logits = new(1, 4);
        ((ReadOnlySpan<float>)[1f, 3f, 3f, 3f]).CopyTo(logits.Row(0));
        ExpertRouting routing = new();

        routing.Choose(logits, 1, topK: 2);

        Assert.Equal([1, 2], Enumerable.Range(0, routing.Active).Select(i => routing[i].Expert));
        Assert.Equal(1 / (1 + Math.Exp(-3)), routing.Score(0), 1e-7);
    }

    [Fact]
    public void Nothing_is_allocated_once_a_size_was_seen()
    {
        ExpertWeights experts = Weights(1);
        using WorkerTeam team = new(1);
        using CpuMatMul matMul = new(team, CpuFeatures.Highest);
        using CpuExperts cpu = new(team, matMul);
        using HostActivations x = KernelRun.Activations(9, D, seed: 1), y = new(9, D);
        foreach (int rows in (int[])[9, 1])
        {
            cpu.Run(x, rows, experts, y);
            long before = GC.GetAllocatedBytesForCurrentThread();
            cpu.Run(x, rows, experts, y);
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    private ExpertWeights Weights(int topK)
    {
        Tensor[] all = [.. _weights.Select(w => w.Tensor)];
        return new ExpertWeights(all[0], all[1..(1 + Count)], all[(1 + Count)..(1 + (2 * Count))], all[(1 + (2 * Count))..], topK);
    }

    /// <summary>0.25 plus the chosen experts' outputs for one row, by the scalar kernels.</summary>
    private static float[] Expected(ExpertWeights experts, ReadOnlySpan<float> x)
    {
        float[] y = new float[D], logits = Product(experts.Router, x.ToArray());
        Array.Fill(y, 0.25f);
        foreach (int e in Enumerable.Range(0, Count).OrderByDescending(e => logits[e]).ThenBy(e => e).Take(experts.TopK).Order())
        {
            float score = 1f / (1f + VectorExp.Exp(-logits[e]));
            float[] scaled = [.. x.ToArray().Select(v => v * score)];
            float[] gate = Product(experts.Gate[e], scaled), up = Product(experts.Up[e], scaled);
            SwiGlu.Run(gate, up, gate);
            float[] down = Product(experts.Down[e], gate);
            for (int i = 0; i < D; i++) y[i] += down[i];
        }

        return y;
    }

    private static float[] Product(Tensor weight, float[] x)
    {
        using HostActivations one = new(1, x.Length);
        x.CopyTo(one.Row(0));
        return KernelRun.Outputs(MatrixKernels.Variants(weight.Type, weight.Layout)[0], weight, one, 1);
    }
}
