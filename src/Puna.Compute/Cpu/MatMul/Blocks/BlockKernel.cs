using System.Runtime.CompilerServices;
using Puna.Compute.Cpu.MatMul.Formats;

namespace Puna.Compute.Cpu.MatMul.Blocks;

/// <summary>
/// y = x Wᵀ for block-quantized weights and 8-bit activations. With dx the scale and a the quants of an activation block,
/// per output, block after block:
/// <code>
/// isum = Σ_s sc[s] Σ_{e in s} (raw[e] - zero) a[e]      exact, int32
/// msum = Σ_s m[s] Σ_{e in s} a[e]                        exact, int32
/// acc  = fma(d * dx, (float)isum, acc)
/// acc  = fma(-(dmin * dx), (float)msum, acc)             only for formats with mins
/// </code>
/// Few tokens go through <see cref="RowKernel{TFormat, TInt8}"/>, which reads weights as they lie; many go through
/// <see cref="PanelKernel{TFormat, TInt8}"/>, which unpacks a panel of rows once. Integer sums are exact in any order and
/// the chain of fma is the same, so both, and <see cref="BlockReference{TFormat}"/>, give the same bits.
/// </summary>
/// <remarks>
/// Bounds: |a| is at most 127. A block of 32 adds up to at most 32 * 128 * 127 = 520,192; a block of 256 is worst in Q6_K,
/// 256 * 32 * 128 * 127 = 133,169,152, and in IQ4_XS, 256 * 127 * 32 * 127 = 132,128,768; mins at most 63 * 256 * 127. With
/// activations shifted to 0 … 255 no part exceeds 32 * 127 * 255. All are far inside int32.
/// </remarks>
internal sealed unsafe class BlockKernel<TFormat, TInt8> : MatrixKernel
    where TFormat : struct, IBlockFormat
    where TInt8 : struct, IInt8Instructions
{
    /// <summary>Panels unpacked together should stay in the second-level cache beside the activations.</summary>
    private const int PanelBudget = 512 * 1024;

    public override string Variant => TInt8.Name;

    public override CpuLevel Level => TInt8.Level;

    public override ActivationForm Form => TFormat.BlockLength == 32 ? ActivationForm.Q8_0 : ActivationForm.Q8_K;

    public override int TokenUnit => TokenTile.Tokens;

    public override int OutputUnit(int k, int tokens)
    {
        if (tokens < QuantizedActivations.TileFromRows) return RowKernel<TFormat, TInt8>.Rows;

        long panelBytes = PanelKernel<TFormat, TInt8>.Bytes(k);
        return WeightPanel.Rows * (int)Math.Clamp(PanelBudget / panelBytes, 1, 4);
    }

    public override long ScratchBytes(int k, int tokens) =>
        tokens < QuantizedActivations.TileFromRows ? 0 : OutputUnit(k, tokens) / WeightPanel.Rows * PanelKernel<TFormat, TInt8>.Bytes(k);

    public override void Run(in MatrixProduct product, in MatrixRegion region, byte* scratch)
    {
        if (product.Quantized.Tiles is null)
        {
            RowKernel<TFormat, TInt8>.Run(product, region);
            return;
        }

        int unit = OutputUnit(product.K, QuantizedActivations.TileFromRows);
        for (int first = region.FirstOutput; first < region.EndOutput; first += unit)
        {
            int end = Math.Min(first + unit, region.EndOutput);
            PanelKernel<TFormat, TInt8>.Run(product, region with { FirstOutput = first, EndOutput = end }, scratch);
        }
    }
}
