using Puna.Compute;
using Puna.Compute.Cpu.MatMul;
using Puna.Compute.Cpu.MatMul.Formats;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Backend.Tests.MatMul;

/// <summary>The scalar references against double-precision products of decoded weights and decoded activations.</summary>
public unsafe class ReferenceAccuracyTests
{
    private const double U = 1.0 / (1 << 24); // half a unit in the last place of 1

    [Fact]
    public void Block_references_are_within_rounding_of_the_exact_product()
    {
        CheckBlocks<Q4_0Format>();
        CheckBlocks<Q4_1Format>();
        CheckBlocks<Q5_0Format>();
        CheckBlocks<Q5_1Format>();
        CheckBlocks<Q8_0Format>();
        CheckBlocks<Q2_KFormat>();
        CheckBlocks<Q3_KFormat>();
        CheckBlocks<Q4_KFormat>();
        CheckBlocks<Q5_KFormat>();
        CheckBlocks<Q6_KFormat>();
        CheckBlocks<IQ4_NLFormat>();
        CheckBlocks<IQ4_XSFormat>();
    }

    [Theory, InlineData(ElementType.F32), InlineData(ElementType.F16), InlineData(ElementType.BF16), InlineData(ElementType.IQ2_XS), InlineData(ElementType.MXFP4)]
    public void Float_references_are_within_rounding_of_the_exact_product(ElementType type)
    {
        const int K = 768, M = 9, TokenRows = 3;
        using RandomWeights weights = new(type, K, M, seed: 3);
        using HostActivations x = KernelRun.Activations(TokenRows, K, seed: 4);
        float[] y = KernelRun.Outputs(MatrixKernels.Variants(type, MatrixLayout.OutIn)[0], weights.Tensor, x, TokenRows);
        float[] w = new float[K];
        for (int m = 0; m < M; m++)
        {
            Dequantizer.Dequantize(type, weights.Tensor.Row(m), w);
            for (int r = 0; r < TokenRows; r++)
            {
                double exact = 0, magnitude = 0;
                for (int k = 0; k < K; k++)
                {
                    exact += (double)w[k] * x.Row(r)[k];
                    magnitude += Math.Abs((double)w[k] * x.Row(r)[k]);
                }

                // A product passes K / 16 roundings in its lane and 4 in the tree; one more for second-order terms.
                Assert.Equal(exact, y[(r * M) + m], ((K / 16) + 5) * U * magnitude);
            }
        }
    }

    [Fact]
    public void Transposed_reference_is_within_rounding_of_the_exact_product()
    {
        const int K = 300, M = 5;
        using RandomWeights weights = new(ElementType.BF16, K, M, seed: 3, MatrixLayout.InOut);
        using HostActivations x = KernelRun.Activations(1, K, seed: 4);
        float[] y = KernelRun.Outputs(MatrixKernels.Variants(ElementType.BF16, MatrixLayout.InOut)[0], weights.Tensor, x, 1);
        float[] w = new float[M];
        double[] exact = new double[M], magnitude = new double[M];
        for (int k = 0; k < K; k++)
        {
            Dequantizer.Dequantize(ElementType.BF16, weights.Tensor.Row(k), w);
            for (int m = 0; m < M; m++)
            {
                exact[m] += (double)w[m] * x.Row(0)[k];
                magnitude[m] += Math.Abs((double)w[m] * x.Row(0)[k]);
            }
        }

        for (int m = 0; m < M; m++) Assert.Equal(exact[m], y[m], (K + 1) * U * magnitude[m]); // a product passes at most K roundings
    }

    private static void CheckBlocks<TFormat>()
        where TFormat : struct, IBlockFormat
    {
        const int K = 1280, M = 5, TokenRows = 3;
        using RandomWeights weights = new(TFormat.Type, K, M, seed: 7);
        using HostActivations x = KernelRun.Activations(TokenRows, K, seed: 8);
        MatrixKernel reference = MatrixKernels.Variants(TFormat.Type, MatrixLayout.OutIn)[0];
        float[] y = KernelRun.Outputs(reference, weights.Tensor, x, TokenRows), w = new float[K], a = new float[K];
        for (int r = 0; r < TokenRows; r++)
        {
            Round(reference.Form, x.Row(r), a);
            for (int m = 0; m < M; m++)
            {
                Dequantizer.Dequantize(TFormat.Type, weights.Tensor.Row(m), w);
                double exact = 0, magnitude = 0;
                for (int k = 0; k < K; k++)
                {
                    exact += (double)w[k] * a[k];
                    magnitude += Parts<TFormat>(weights.Tensor.RowPointer(m), k) * Math.Abs(a[k]);
                }

                // Of the kernel: one rounding of dw * dx, one of the integer, then one for each step of the chain behind a
                // block. Of the decoders: three for a weight, one for an activation. Two for second-order terms.
                int steps = K / TFormat.BlockLength * (TFormat.HasMins ? 2 : 1);
                Assert.Equal(exact, y[(r * M) + m], (steps + 8) * U * magnitude);
            }
        }
    }

    /// <summary>|d sc q| + |dmin m| of weight k: what is rounded, where the weight itself may cancel.</summary>
    private static double Parts<TFormat>(byte* row, int k)
        where TFormat : struct, IBlockFormat
    {
        byte* block = row + (k / TFormat.BlockLength * TFormat.BlockBytes);
        int e = k % TFormat.BlockLength, s = e / TFormat.SubLength;
        double main = (double)*(Half*)(block + TFormat.ScaleOffset) * TFormat.SubScale(block, s) * TFormat.Quant(block, e);
        double min = TFormat.HasMins ? (double)*(Half*)(block + TFormat.MinScaleOffset) * TFormat.SubMin(block, s) : 0;
        return Math.Abs(main) + Math.Abs(min);
    }

    private static void Round(ActivationForm form, ReadOnlySpan<float> x, Span<float> rounded)
    {
        if (form == ActivationForm.Q8_0)
        {
            BlockQ8_0[] blocks = new BlockQ8_0[x.Length / 32];
            ActivationQuantizer.QuantizeQ8_0(x, blocks);
            for (int b = 0; b < blocks.Length; b++) BlockQ8_0.Decode(in blocks[b], rounded.Slice(32 * b, 32));
        }
        else
        {
            BlockQ8_K[] blocks = new BlockQ8_K[x.Length / 256];
            ActivationQuantizer.QuantizeQ8_K(x, blocks);
            for (int b = 0; b < blocks.Length; b++) BlockQ8_K.Decode(in blocks[b], rounded.Slice(256 * b, 256));
        }
    }
}
