namespace Puna.Compute.Cpu.MatMul.Floats;

/// <summary>
/// y = x W for W stored [in, out] (<see cref="Puna.Tensors.MatrixLayout.InOut"/>), plainly: per output,
/// acc = fma(x[k], w[k][m], acc) for k = 0, 1, 2, ….
/// </summary>
internal sealed unsafe class TransposedReference<TFormat> : MatrixKernel
    where TFormat : struct, IFloatFormat
{
    public override string Variant => "scalar";

    public override CpuLevel Level => CpuLevel.Portable;

    public override ActivationForm Form => ActivationForm.Float32;

    public override int TokenUnit => 1;

    public override int OutputUnit(int k, int tokens) => 1;

    public override long ScratchBytes(int k, int tokens) => 0;

    public override void Run(in MatrixProduct product, in MatrixRegion region, byte* scratch)
    {
        for (int m = region.FirstOutput; m < region.EndOutput; m++)
        {
            for (int t = region.FirstToken; t < region.EndToken; t++)
            {
                float acc = 0f;
                for (int k = 0; k < product.K; k++)
                {
                    float w = TFormat.Value(product.Weight + (k * product.RowStride) + ((long)m * TFormat.Bytes));
                    acc = MathF.FusedMultiplyAdd(product.X[((long)t * product.XStride) + k], w, acc);
                }

                product.Store(t, m, acc);
            }
        }
    }
}
