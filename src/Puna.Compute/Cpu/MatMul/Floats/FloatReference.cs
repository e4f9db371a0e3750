using Puna.Compute.Cpu.Lanes;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Compute.Cpu.MatMul.Floats;

/// <summary>
/// y = x Wᵀ in float32, plainly. K is padded with zeros to a multiple of 16; lane l adds up k = l, l + 16, l + 32, … by fma
/// in that order, and the 16 lanes are added by <see cref="LaneSum"/>.
/// </summary>
/// <remarks>Weights of every element type, decoded by <see cref="Dequantizer"/>. All float kernels give these bits.</remarks>
internal sealed unsafe class FloatReference(ElementType type) : MatrixKernel
{
    public override string Variant => "scalar";

    public override CpuLevel Level => CpuLevel.Portable;

    public override ActivationForm Form => ActivationForm.Float32;

    public override int TokenUnit => 1;

    public override int OutputUnit(int k, int tokens) => 1;

    public override long ScratchBytes(int k, int tokens) => (long)k * sizeof(float);

    public override void Run(in MatrixProduct product, in MatrixRegion region, byte* scratch)
    {
        float* w = (float*)scratch;
        int rowBytes = checked((int)type.ByteSize(product.K));
        for (int m = region.FirstOutput; m < region.EndOutput; m++)
        {
            Dequantizer.Dequantize(type, new ReadOnlySpan<byte>(product.Weight + (m * product.RowStride), rowBytes), new Span<float>(w, product.K));
            for (int t = region.FirstToken; t < region.EndToken; t++)
                product.Store(t, m, Dot(w, product.X + ((long)t * product.XStride), product.K));
        }
    }

    private static float Dot(float* w, float* x, int k)
    {
        float* sums = stackalloc float[LaneSum.Lanes];
        int padded = (k + LaneSum.Lanes - 1) / LaneSum.Lanes * LaneSum.Lanes;
        for (int i = 0; i < padded; i++)
        {
            float* lane = sums + (i % LaneSum.Lanes);
            *lane = i < k ? MathF.FusedMultiplyAdd(w[i], x[i], *lane) : MathF.FusedMultiplyAdd(0f, 0f, *lane);
        }

        return LaneSum.Reduce(sums);
    }
}
