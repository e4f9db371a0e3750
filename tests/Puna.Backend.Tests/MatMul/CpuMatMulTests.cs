using Puna.Compute;
using Puna.Compute.Cpu;
using Puna.Compute.Cpu.MatMul;
using Puna.Compute.Cpu.Threading;
using Puna.Tensors;

namespace Puna.Backend.Tests.MatMul;

public class CpuMatMulTests
{
    public static TheoryData<int> Threads => [1, 2, 3];

    [Theory, MemberData(nameof(Threads))]
    public void Projections_of_one_call_give_the_bits_of_the_scalar_references(int threads)
    {
        const int K = 512;
        using WorkerTeam team = new(threads);
        using CpuMatMul matMul = new(team, CpuFeatures.Highest);
        (ElementType Type, int M, bool Accumulate)[] cases =
        [
            (ElementType.Q4_K, 300, false), (ElementType.Q6_K, 70, true), (ElementType.Q8_0, 65, false), (ElementType.F32, 16, false),
            (ElementType.BF16, 130, true), (ElementType.IQ3_S, 21, false), (ElementType.F8_E4M3, 40, true),
        ];
        foreach (int rows in (int[])[1, 3, 8, 65, 200])
        {
            using HostActivations x = KernelRun.Activations(rows, K, seed: rows);
            RandomWeights[] weights = [.. cases.Select((c, i) => new RandomWeights(c.Type, K, c.M, seed: i))];
            HostActivations[] outputs = [.. cases.Select(c => new HostActivations(rows, c.M))];
            float[][] before = [.. outputs.Select((y, i) => Fill(y, rows, i))];

            matMul.Run(x, rows, [.. cases.Select((c, i) => new Projection(weights[i].Tensor, outputs[i], c.Accumulate))]);

            for (int i = 0; i < cases.Length; i++)
            {
                MatrixKernel reference = MatrixKernels.Variants(cases[i].Type, MatrixLayout.OutIn)[0];
                float[] expected = KernelRun.Outputs(reference, weights[i].Tensor, x, rows, cases[i].Accumulate ? before[i] : null);
                Assert.Equal(expected, Read(outputs[i], rows));
                outputs[i].Dispose();
                weights[i].Dispose();
            }
        }
    }

    [Theory, MemberData(nameof(Threads))]
    public void Transposed_weights_with_a_row_stride_give_the_bits_of_the_scalar_reference(int threads)
    {
        const int K = 48, M = 1100;
        using WorkerTeam team = new(threads);
        using CpuMatMul matMul = new(team, CpuFeatures.Highest);
        using RandomWeights weights = new(ElementType.BF16, K, M, seed: 1, MatrixLayout.InOut);
        Tensor half = weights.Tensor.Outputs(550, 550);
        foreach (int rows in (int[])[1, 9, 40])
        {
            using HostActivations x = KernelRun.Activations(rows, K, seed: 2), y = new(rows, half.M);
            matMul.Run(x, rows, [new Projection(half, y)]);
            Assert.Equal(KernelRun.Outputs(MatrixKernels.Variants(half.Type, half.Layout)[0], half, x, rows), Read(y, rows));
        }
    }

    [Theory, InlineData(172, true), InlineData(192, false)]
    public void Half_weights_that_no_block_could_hold_round_their_activations_to_half(int k, bool rounded)
    {
        const int M = 40, Rows = 9;
        using WorkerTeam team = new(2);
        using CpuMatMul matMul = new(team, CpuFeatures.Highest);
        using RandomWeights weights = new(ElementType.F16, k, M, seed: 1);
        using HostActivations x = KernelRun.Activations(Rows, k, seed: 2), seen = KernelRun.Activations(Rows, k, seed: 2), y = new(Rows, M);
        x.Row(3)[5] = seen.Row(3)[5] = 1e6f; // no half: stays as it is
        for (int r = 0; rounded && r < Rows; r++)
        {
            for (int i = 0; i < k; i++)
            {
                if (float.IsFinite((float)(Half)seen.Row(r)[i])) seen.Row(r)[i] = (float)(Half)seen.Row(r)[i];
            }
        }

        matMul.Run(x, Rows, [new Projection(weights.Tensor, y)]);

        Assert.Equal(KernelRun.Outputs(MatrixKernels.Variants(ElementType.F16, MatrixLayout.OutIn)[0], weights.Tensor, seen, Rows), Read(y, Rows));
        Assert.NotEqual(x.Row(0)[0], (float)(Half)x.Row(0)[0]);
    }

    [Fact]
    public void Nothing_is_allocated_once_a_size_was_seen()
    {
        const int K = 512, M = 100;
        using WorkerTeam team = new(1);
        using CpuMatMul matMul = new(team, CpuFeatures.Highest);
        using RandomWeights a = new(ElementType.Q4_K, K, M, seed: 1), b = new(ElementType.BF16, K, M, seed: 2);
        using HostActivations x = KernelRun.Activations(8, K, seed: 3), y = new(8, M), z = new(8, M);
        Projection[] projections = [new(a.Tensor, y), new(b.Tensor, z)];
        foreach (int rows in (int[])[8, 1])
        {
            matMul.Run(x, rows, projections);
            long before = GC.GetAllocatedBytesForCurrentThread();
            matMul.Run(x, rows, projections);
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    [Fact]
    public void Wrong_operands_are_refused_by_name()
    {
        using WorkerTeam team = new(1);
        using CpuMatMul matMul = new(team, CpuFeatures.Highest);
        using RandomWeights weights = new(ElementType.Q8_0, 64, 10, seed: 1), transposed = new(ElementType.Q8_0, 64, 32, seed: 1, MatrixLayout.InOut);
        using HostActivations x = new(2, 64), narrow = new(2, 32), y = new(2, 10), wide = new(2, 32);

        Assert.Contains("weight is 64, expected 32", Assert.Throws<ArgumentException>(() => matMul.Run(narrow, 1, [new(weights.Tensor, y)])).Message, StringComparison.Ordinal);
        Assert.Contains("weight is 10, expected 32", Assert.Throws<ArgumentException>(() => matMul.Run(x, 1, [new(weights.Tensor, wide)])).Message, StringComparison.Ordinal);
        Assert.Contains("3 rows", Assert.Throws<ArgumentException>(() => matMul.Run(x, 3, [new(weights.Tensor, y)])).Message, StringComparison.Ordinal);
        Assert.Contains("InOut", Assert.Throws<NotSupportedException>(() => matMul.Run(x, 1, [new(transposed.Tensor, wide)])).Message, StringComparison.Ordinal);
    }

    private static float[] Fill(HostActivations y, int rows, int seed)
    {
        for (int r = 0; r < rows; r++)
        {
            for (int i = 0; i < y.Width; i++) y.Row(r)[i] = MathF.Sin(seed + r + i);
        }

        return Read(y, rows);
    }

    private static float[] Read(HostActivations y, int rows) => [.. Enumerable.Range(0, rows).SelectMany(r => y.Row(r).ToArray())];
}
