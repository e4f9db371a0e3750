using Puna.Compute;
using Puna.Compute.Cpu;
using Puna.Compute.Cpu.Assembler;
using Puna.Compute.Cpu.MatMul;
using Puna.Tensors;

namespace Puna.Backend.Tests.MatMul;

/// <summary>Every kernel of every element type against its scalar reference, bit for bit.</summary>
public unsafe class MatrixKernelTests(ITestOutputHelper output)
{
    /// <summary>Every size of a tile of 12 tokens, around tiles of 6, and the change from few to many tokens.</summary>
    private static readonly int[] Rows = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 31, 65];

    public static TheoryData<ElementType> Types => [.. ElementTypes.All];

    public static TheoryData<ElementType> FloatTypes => [ElementType.F32, ElementType.F16, ElementType.BF16];

    [Theory, MemberData(nameof(Types))]
    public void Every_variant_gives_the_bits_of_the_scalar_reference(ElementType type)
    {
        int block = type.BlockLength();
        int[] ks = block == 256 ? [256, 512, 1280] : block == 32 ? [32, 96, 1056] : [1, 15, 16, 17, 250, 1040];
        foreach (int k in ks)
        {
            foreach (int m in (int[])[1, 7, 8, 16, 17, 33])
            {
                using RandomWeights weights = new(type, k, m, seed: k + m, extraStride: m == 17 ? 6 : 0);
                foreach (int rows in Rows) AssertVariantsAgree(weights.Tensor, rows);
            }
        }
    }

    /// <summary>Instructions that saturate show it here: all quants and activations at their ends, all products of one sign.</summary>
    [Theory, InlineData(ElementType.Q4_0), InlineData(ElementType.Q8_0), InlineData(ElementType.Q4_K), InlineData(ElementType.Q5_K), InlineData(ElementType.Q6_K)]
    public void The_largest_products_give_the_bits_of_the_scalar_reference(ElementType type)
    {
        const int K = 1024, M = 17, MostRows = 12;
        MatrixKernel[] kernels = [.. MatrixKernels.Variants(type, MatrixLayout.OutIn), .. CpuFeatures.Highest == CpuLevel.Avx512Vnni ? [Evex(type)] : (MatrixKernel[])[]];
        foreach (byte all in (byte[])[0x00, 0x7F, 0x80, 0xFF])
        {
            using RandomWeights weights = new(type, K, M, seed: all, all: all);
            foreach (int rows in (int[])[1, 4, MostRows])
            {
                using HostActivations x = new(rows, K);
                for (int r = 0; r < rows; r++)
                {
                    for (int i = 0; i < K; i++) x.Row(r)[i] = (r % 3) switch { 0 => 1, 1 => -1, _ => i % 2 == 0 ? 1 : -1 };
                }

                AssertAgree(weights.Tensor, x, rows, kernels);
            }
        }
    }

    [Theory, MemberData(nameof(FloatTypes))]
    public void Transposed_variants_give_the_bits_of_the_scalar_reference(ElementType type)
    {
        foreach (int k in (int[])[1, 3, 4, 5, 17, 70])
        {
            foreach (int m in (int[])[1, 15, 16, 17, 512, 1050])
            {
                using RandomWeights weights = new(type, k, m, seed: k + m, MatrixLayout.InOut, extraStride: m == 17 ? 6 : 0);
                foreach (int rows in Rows) AssertVariantsAgree(weights.Tensor, rows);
            }
        }
    }

    [Theory, MemberData(nameof(Types))]
    public void A_row_has_the_same_bits_alone_and_in_a_batch(ElementType type)
    {
        const int M = 35, BatchRows = 31;
        int k = Math.Max(256, type.BlockLength()) * 2;
        using RandomWeights weights = new(type, k, M, seed: 5);
        using HostActivations x = KernelRun.Activations(BatchRows, k, seed: 6), one = new(1, k);
        foreach (MatrixKernel kernel in MatrixKernels.Variants(type, MatrixLayout.OutIn))
        {
            float[] batch = KernelRun.Outputs(kernel, weights.Tensor, x, BatchRows);
            for (int r = 0; r < BatchRows; r++)
            {
                x.Row(r).CopyTo(one.Row(0));
                Assert.Equal(batch.AsSpan(r * M, M).ToArray(), KernelRun.Outputs(kernel, weights.Tensor, one, 1));
            }
        }
    }

    [Theory, InlineData(ElementType.Q4_K), InlineData(ElementType.Q8_0), InlineData(ElementType.BF16), InlineData(ElementType.F8_E4M3)]
    public void Row_scales_apply_to_the_finished_sum_before_it_is_added(ElementType type)
    {
        const int K = 512, M = 19;
        foreach (int rows in (int[])[1, 8])
        {
            using RandomWeights weights = new(type, K, M, seed: 1, rowScales: true);
            using HostActivations x = KernelRun.Activations(rows, K, seed: 2);
            Tensor plain = new("plain", type, [K, M], WeightData(weights.Tensor), rowStride: weights.Tensor.RowStride);
            float[] before = [.. Enumerable.Range(0, rows * M).Select(i => i * 0.37f)];
            foreach (MatrixKernel kernel in MatrixKernels.Variants(type, MatrixLayout.OutIn))
            {
                float[] sums = KernelRun.Outputs(kernel, plain, x, rows);
                float[] scaled = KernelRun.Outputs(kernel, weights.Tensor, x, rows, addTo: before);
                for (int i = 0; i < sums.Length; i++) Assert.Equal(before[i] + (sums[i] * Scale(weights.Tensor, i % M)), scaled[i]);
            }
        }
    }

    /// <summary>
    /// The code for AVX-VNNI differs from this by the encoding of its dot products alone, which few processors with AVX-512 have in the
    /// shorter form.
    /// </summary>
    [Theory, InlineData(ElementType.Q4_0), InlineData(ElementType.Q8_0), InlineData(ElementType.Q4_K), InlineData(ElementType.Q5_K), InlineData(ElementType.Q6_K)]
    public void Kernels_for_avx_vnni_in_the_encoding_of_avx512_give_the_bits_of_the_scalar_reference(ElementType type)
    {
        Assert.SkipUnless(CpuFeatures.Highest == CpuLevel.Avx512Vnni, "this process has no AVX-512 with VNNI");

        foreach (int blocks in (int[])[1, 2, 3, 4, 9, 17, 35])
        {
            foreach (int m in (int[])[1, 7, 16, 33])
            {
                using RandomWeights weights = new(type, blocks * type.BlockLength(), m, seed: blocks + m);
                foreach (int rows in Rows) AssertAgree(weights.Tensor, rows, [MatrixKernels.Variants(type, MatrixLayout.OutIn)[0], Evex(type)]);
            }
        }
    }

    [Fact]
    public void Lists_the_variants_that_this_process_runs()
    {
        foreach (ElementType type in ElementTypes.All)
        {
            foreach (MatrixLayout layout in Enum.GetValues<MatrixLayout>())
            {
                string[] names = [.. MatrixKernels.Variants(type, layout).ToArray().Select(k => k.Variant)];
                if (names.Length == 0) continue;

                output.WriteLine($"{type.Name(),-8} {layout,-6} {string.Join(", ", names)}");
                Assert.Equal("scalar", names[0]);
                Assert.True(names.Length >= 2, $"{type} {layout} has no vector kernel.");
            }
        }
    }

    private static AssembledKernel Evex(ElementType type)
    {
        BlockAssembly assembly = BlockAssembly.All(CodeTarget.Here(CpuLevel.AvxVnni) with { PrefersEvex = true }).Single(format => format.Type == type);
        return new AssembledKernel(assembly, MachineCode.SystemPages, MatrixKernels.Best(type, MatrixLayout.OutIn, CpuLevel.Portable)!);
    }

    private static byte* WeightData(Tensor weight) => weight.Data;

    private static float Scale(Tensor weight, int m) => ((float*)weight.RowScales!.Data)[m];

    private static void AssertVariantsAgree(Tensor weight, int rows) => AssertAgree(weight, rows, MatrixKernels.Variants(weight.Type, weight.Layout));

    private static void AssertAgree(Tensor weight, int rows, ReadOnlySpan<MatrixKernel> kernels)
    {
        using HostActivations x = KernelRun.Activations(rows, weight.K, seed: rows);
        AssertAgree(weight, x, rows, kernels);
    }

    private static void AssertAgree(Tensor weight, HostActivations x, int rows, ReadOnlySpan<MatrixKernel> kernels)
    {
        float[] expected = KernelRun.Outputs(kernels[0], weight, x, rows);
        foreach (MatrixKernel kernel in kernels[1..])
        {
            float[] actual = KernelRun.Outputs(kernel, weight, x, rows);
            int wrong = expected.AsSpan().CommonPrefixLength(actual);
            if (wrong == expected.Length) continue;

            Assert.Fail($"{weight.Type} {weight.Layout} K={weight.K} M={weight.M} rows={rows}: {kernel.Variant} differs from scalar at " +
                $"row {wrong / weight.M}, output {wrong % weight.M}: {actual[wrong]:R} against {expected[wrong]:R}.");
        }
    }
}
