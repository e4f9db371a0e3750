using Puna.Compute.Cpu.MatMul.Formats;

namespace Puna.Compute.Cpu.MatMul.Blocks;

/// <summary>Reference of <see cref="BlockKernel{TFormat, TInt8}"/>: the formula of its comment, plainly.</summary>
internal sealed unsafe class BlockReference<TFormat> : MatrixKernel
    where TFormat : struct, IBlockFormat
{
    public override string Variant => "scalar";

    public override CpuLevel Level => CpuLevel.Portable;

    public override ActivationForm Form => TFormat.BlockLength == 32 ? ActivationForm.Q8_0 : ActivationForm.Q8_K;

    public override int TokenUnit => 1;

    public override int OutputUnit(int k, int tokens) => 1;

    public override long ScratchBytes(int k, int tokens) => 0;

    public override void Run(in MatrixProduct product, in MatrixRegion region, byte* scratch)
    {
        for (int m = region.FirstOutput; m < region.EndOutput; m++)
        {
            for (int t = region.FirstToken; t < region.EndToken; t++)
                product.Store(t, m, Dot(product.Weight + (m * product.RowStride), product.Quantized, t));
        }
    }

    private static float Dot(byte* row, in QuantizedRows x, int token)
    {
        float acc = 0f;
        for (int b = 0; b < x.Blocks; b++)
        {
            byte* block = row + ((long)b * TFormat.BlockBytes);
            long at = ((long)token * x.Blocks) + b;
            sbyte* a = x.Quants + (at * TFormat.BlockLength);

            int isum = 0, msum = 0;
            for (int s = 0; s < TFormat.BlockLength / TFormat.SubLength; s++)
            {
                int products = 0, sum = 0;
                for (int e = s * TFormat.SubLength; e < (s + 1) * TFormat.SubLength; e++)
                {
                    products += TFormat.Quant(block, e) * a[e];
                    sum += a[e];
                }

                isum += TFormat.SubScale(block, s) * products;
                msum += TFormat.SubMin(block, s) * sum;
            }

            float dx = x.Scales[at];
            acc = MathF.FusedMultiplyAdd(HalfConversion.ToSingle(*(ushort*)(block + TFormat.ScaleOffset)) * dx, isum, acc);
            if (TFormat.HasMins)
            {
                float min = HalfConversion.ToSingle(*(ushort*)(block + TFormat.MinScaleOffset)) * dx;
                acc = MathF.FusedMultiplyAdd(TFormat.AddsMins ? min : -min, msum, acc);
            }
        }

        return acc;
    }
}
