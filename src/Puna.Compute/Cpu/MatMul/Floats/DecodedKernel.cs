using System.Runtime.CompilerServices;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Compute.Cpu.MatMul.Floats;

/// <summary>
/// y = x Wᵀ by the definition of <see cref="FloatReference"/> for any element type: a group of weight rows is decoded to
/// float32 once and multiplied with all tokens, two rows by four tokens in registers.
/// </summary>
/// <remarks>
/// The 16 lanes of every product of the group and four tokens are kept in scratch, so that K can be walked in stretches
/// whose activations stay in the first-level cache while the rows pass by.
/// </remarks>
internal sealed unsafe class DecodedKernel<TLanes>(ElementType type) : MatrixKernel
    where TLanes : struct, ILanes16<TLanes>
{
    internal const int TileTokens = 4;
    private const int TileRows = 2;
    private const int Stretch = 1024;
    private const int RowBudget = 512 * 1024;

    public override string Variant => TLanes.Name;

    public override CpuLevel Level => TLanes.Level;

    public override ActivationForm Form => ActivationForm.Float32;

    public override int TokenUnit => TileTokens;

    /// <summary>Rows decoded together: what fits the second-level cache for many tokens.</summary>
    public override int OutputUnit(int k, int tokens) =>
        tokens < TileTokens ? TileRows : Math.Clamp(RowBudget / (Padded(k) * sizeof(float)) / TileRows * TileRows, TileRows, 32);

    public override long ScratchBytes(int k, int tokens)
    {
        long rows = OutputUnit(k, tokens);
        return rows * sizeof(float) * (Padded(k) + (TileTokens * 16));
    }

    public override void Run(in MatrixProduct product, in MatrixRegion region, byte* scratch)
    {
        int unit = OutputUnit(product.K, product.Rows);
        float* lanes = (float*)scratch;
        float* rows = lanes + (unit * TileTokens * 16);
        for (int m = region.FirstOutput; m < region.EndOutput; m += unit)
        {
            int count = Math.Min(unit, region.EndOutput - m);
            Decode(product, m, count, rows);
            for (int t = region.FirstToken; t < region.EndToken; t += TileTokens)
                MultiplyTile(product, m, count, t, Math.Min(TileTokens, region.EndToken - t), rows, lanes);
        }
    }

    private static int Padded(int k) => (k + 15) & ~15;

    /// <summary>Decodes rows and pads them with zeros to a multiple of 16.</summary>
    private void Decode(in MatrixProduct product, int first, int count, float* rows)
    {
        int padded = Padded(product.K), rowBytes = checked((int)type.ByteSize(product.K));
        for (int r = 0; r < count; r++, rows += padded)
        {
            ReadOnlySpan<byte> source = new(product.Weight + ((first + r) * product.RowStride), rowBytes);
            Dequantizer.Dequantize(type, source, new Span<float>(rows, product.K));
            new Span<float>(rows + product.K, padded - product.K).Clear();
        }
    }

    private static void MultiplyTile(in MatrixProduct product, int firstRow, int rowCount, int firstToken, int tokenCount, float* rows, float* lanes)
    {
        int padded = Padded(product.K), whole = product.K & ~15;
        float* x = product.X + ((long)firstToken * product.XStride);
        new Span<float>(lanes, ((rowCount + 1) & ~1) * TileTokens * 16).Clear();
        for (int k = 0; k < padded; k += Stretch)
        {
            int length = Math.Min(Stretch, whole - k);
            bool hasTail = k + Stretch >= padded && whole < padded;
            for (int r = 0; r < rowCount; r += TileRows)
            {
                float* w0 = rows + ((long)r * padded) + k;
                float* w1 = r + 1 < rowCount ? w0 + padded : w0; // an odd last row is computed twice, stored once
                Multiply(w0, w1, x + k, product.XStride, tokenCount - 1, length, hasTail ? product.K - whole : 0, lanes + (r * TileTokens * 16));
            }
        }

        for (int r = 0; r < rowCount; r++)
        {
            for (int t = 0; t < tokenCount; t++)
                product.Store(firstToken + t, firstRow + r, TLanes.Sum(TLanes.Load(lanes + (((r * TileTokens) + t) * 16))));
        }
    }

    /// <summary>Two rows by four tokens over a stretch of K, added to their lanes; tokens beyond <paramref name="last"/> repeat it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)] // a root of its own: the inliner has a budget for each root
    private static void Multiply(float* w0, float* w1, float* x, int stride, int last, int length, int tail, float* lanes)
    {
        float* x0 = x, x1 = x + ((long)Math.Min(1, last) * stride), x2 = x + ((long)Math.Min(2, last) * stride), x3 = x + ((long)Math.Min(3, last) * stride);
        TLanes s00 = TLanes.Load(lanes), s01 = TLanes.Load(lanes + 16), s02 = TLanes.Load(lanes + 32), s03 = TLanes.Load(lanes + 48);
        TLanes s10 = TLanes.Load(lanes + 64), s11 = TLanes.Load(lanes + 80), s12 = TLanes.Load(lanes + 96), s13 = TLanes.Load(lanes + 112);
        nint k = 0;
        for (; k < length; k += 16)
        {
            TLanes a = TLanes.Load(w0 + k), b = TLanes.Load(w1 + k);
            TLanes v = TLanes.Load(x0 + k);
            s00 = TLanes.Fma(a, v, s00);
            s10 = TLanes.Fma(b, v, s10);
            v = TLanes.Load(x1 + k);
            s01 = TLanes.Fma(a, v, s01);
            s11 = TLanes.Fma(b, v, s11);
            v = TLanes.Load(x2 + k);
            s02 = TLanes.Fma(a, v, s02);
            s12 = TLanes.Fma(b, v, s12);
            v = TLanes.Load(x3 + k);
            s03 = TLanes.Fma(a, v, s03);
            s13 = TLanes.Fma(b, v, s13);
        }

        if (tail > 0)
        {
            TLanes a = TLanes.Load(w0 + k), b = TLanes.Load(w1 + k); // already padded
            TLanes v = RowTail.Load<F32Format, TLanes>((byte*)(x0 + k), tail);
            s00 = TLanes.Fma(a, v, s00);
            s10 = TLanes.Fma(b, v, s10);
            v = RowTail.Load<F32Format, TLanes>((byte*)(x1 + k), tail);
            s01 = TLanes.Fma(a, v, s01);
            s11 = TLanes.Fma(b, v, s11);
            v = RowTail.Load<F32Format, TLanes>((byte*)(x2 + k), tail);
            s02 = TLanes.Fma(a, v, s02);
            s12 = TLanes.Fma(b, v, s12);
            v = RowTail.Load<F32Format, TLanes>((byte*)(x3 + k), tail);
            s03 = TLanes.Fma(a, v, s03);
            s13 = TLanes.Fma(b, v, s13);
        }

        TLanes.Store(s00, lanes);
        TLanes.Store(s01, lanes + 16);
        TLanes.Store(s02, lanes + 32);
        TLanes.Store(s03, lanes + 48);
        TLanes.Store(s10, lanes + 64);
        TLanes.Store(s11, lanes + 80);
        TLanes.Store(s12, lanes + 96);
        TLanes.Store(s13, lanes + 112);
    }
}
