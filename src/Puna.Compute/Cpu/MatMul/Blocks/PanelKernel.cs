using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Puna.Compute.Cpu.MatMul.Formats;

namespace Puna.Compute.Cpu.MatMul.Blocks;

/// <summary>
/// The many-token side of <see cref="BlockKernel{TFormat, TInt8}"/>: panels of 16 weight rows are unpacked once and
/// multiplied with tiles of 6 tokens. Lanes are weight rows, four quants of a row in each, so a sum needs no reduction;
/// four activations of a token are broadcast to all lanes.
/// </summary>
internal static unsafe class PanelKernel<TFormat, TInt8>
    where TFormat : struct, IBlockFormat
    where TInt8 : struct, IInt8Instructions
{
    private const int Sums = 2 * TokenTile.Tokens;

    /// <summary>Bytes of an unpacked panel.</summary>
    internal static long Bytes(int k) => (long)(k / TFormat.BlockLength) * WeightPanel<TFormat>.Bytes;

    /// <summary>Computes a region; <paramref name="scratch"/> has room for the panels of its outputs.</summary>
    internal static void Run(in MatrixProduct product, in MatrixRegion region, byte* scratch)
    {
        long panelBytes = Bytes(product.K);
        byte* end = scratch;
        for (int m = region.FirstOutput; m < region.EndOutput; m += WeightPanel.Rows, end += panelBytes)
            PanelPacker<TFormat, TInt8>.Pack(product, m, Math.Min(WeightPanel.Rows, region.EndOutput - m), end);

        long tileBytes = (long)product.Quantized.Blocks * TokenTile.Bytes(TFormat.BlockLength);
        float* y = stackalloc float[Sums * Vector256<float>.Count];
        for (int first = region.FirstToken; first < region.EndToken; first += TokenTile.Tokens)
        {
            byte* tiles = product.Quantized.Tiles + (first / TokenTile.Tokens * tileBytes);
            int tokens = Math.Min(TokenTile.Tokens, region.EndToken - first);
            int m = region.FirstOutput;
            for (byte* panel = scratch; panel < end; panel += panelBytes, m += WeightPanel.Rows)
            {
                Multiply(panel, tiles, product.Quantized.Blocks, (Vector256<float>*)y);
                for (int t = 0; t < tokens; t++)
                    product.Store(first + t, m, y + (t * WeightPanel.Rows), Math.Min(WeightPanel.Rows, region.EndOutput - m));
            }
        }
    }

    /// <summary>The sums of one panel and one tile: y[2t] rows 0 to 7 and y[2t + 1] rows 8 to 15 of token t.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)] // a root of its own: the inliner has a budget for each root
    private static void Multiply(byte* panel, byte* tile, int blocks, Vector256<float>* y)
    {
        Vector256<int>* isum = stackalloc Vector256<int>[Sums];
        Vector256<int>* msum = stackalloc Vector256<int>[Sums];
        for (int i = 0; i < Sums; i++) y[i] = Vector256<float>.Zero;

        for (int b = 0; b < blocks; b++, panel += WeightPanel<TFormat>.Bytes, tile += TokenTile.Bytes(TFormat.BlockLength))
        {
            for (int part = 0; part < WeightPanel<TFormat>.Parts; part++) AddPart(panel, tile, part, isum);
            Accumulate(panel + WeightPanel<TFormat>.ScaleOffset, tile, negate: false, isum, y);
            if (!TFormat.HasMins) continue;

            SumMins(panel, tile, msum);
            Accumulate(panel + WeightPanel<TFormat>.MinScaleOffset, tile, negate: !TFormat.AddsMins, msum, y);
        }
    }

    /// <summary>
    /// isum += scale * Σ products of one part. The activations are shifted by 128 to be unsigned; the sums start at what
    /// that adds too much.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddPart(byte* panel, byte* tile, int part, Vector256<int>* isum)
    {
        int* starts = (int*)(panel + WeightPanel<TFormat>.StartsOffset) + (part * WeightPanel.Rows);
        Vector256<int> c00 = Vector256.Load(starts), c01 = Vector256.Load(starts + 8);
        Vector256<int> c10 = c00, c11 = c01;
        Vector256<int> c20 = c00, c21 = c01;
        Vector256<int> c30 = c00, c31 = c01;
        Vector256<int> c40 = c00, c41 = c01;
        Vector256<int> c50 = c00, c51 = c01;

        sbyte* w = (sbyte*)panel + (part * TFormat.SubLength * WeightPanel.Rows);
        uint* a = (uint*)tile + (part * TFormat.SubLength / 4 * TokenTile.Tokens);
        for (int k = 0; k < TFormat.SubLength / 4; k++, w += 4 * WeightPanel.Rows, a += TokenTile.Tokens)
        {
            Vector256<sbyte> w0 = Vector256.Load(w), w1 = Vector256.Load(w + 32);
            Vector256<byte> x;
            x = Vector256.Create(a[0]).AsByte();
            c00 = TInt8.Dot4(c00, x, w0);
            c01 = TInt8.Dot4(c01, x, w1);
            x = Vector256.Create(a[1]).AsByte();
            c10 = TInt8.Dot4(c10, x, w0);
            c11 = TInt8.Dot4(c11, x, w1);
            x = Vector256.Create(a[2]).AsByte();
            c20 = TInt8.Dot4(c20, x, w0);
            c21 = TInt8.Dot4(c21, x, w1);
            x = Vector256.Create(a[3]).AsByte();
            c30 = TInt8.Dot4(c30, x, w0);
            c31 = TInt8.Dot4(c31, x, w1);
            x = Vector256.Create(a[4]).AsByte();
            c40 = TInt8.Dot4(c40, x, w0);
            c41 = TInt8.Dot4(c41, x, w1);
            x = Vector256.Create(a[5]).AsByte();
            c50 = TInt8.Dot4(c50, x, w0);
            c51 = TInt8.Dot4(c51, x, w1);
        }

        if (!WeightPanel<TFormat>.HasSubScales)
        {
            isum[0] = c00;
            isum[1] = c01;
            isum[2] = c10;
            isum[3] = c11;
            isum[4] = c20;
            isum[5] = c21;
            isum[6] = c30;
            isum[7] = c31;
            isum[8] = c40;
            isum[9] = c41;
            isum[10] = c50;
            isum[11] = c51;
            return;
        }

        int* scales = (int*)(panel + WeightPanel<TFormat>.ScalesOffset) + (part * WeightPanel.Rows);
        Vector256<int> s0 = Vector256.Load(scales), s1 = Vector256.Load(scales + 8);
        if (part == 0)
        {
            isum[0] = c00 * s0;
            isum[1] = c01 * s1;
            isum[2] = c10 * s0;
            isum[3] = c11 * s1;
            isum[4] = c20 * s0;
            isum[5] = c21 * s1;
            isum[6] = c30 * s0;
            isum[7] = c31 * s1;
            isum[8] = c40 * s0;
            isum[9] = c41 * s1;
            isum[10] = c50 * s0;
            isum[11] = c51 * s1;
            return;
        }

        isum[0] += c00 * s0;
        isum[1] += c01 * s1;
        isum[2] += c10 * s0;
        isum[3] += c11 * s1;
        isum[4] += c20 * s0;
        isum[5] += c21 * s1;
        isum[6] += c30 * s0;
        isum[7] += c31 * s1;
        isum[8] += c40 * s0;
        isum[9] += c41 * s1;
        isum[10] += c50 * s0;
        isum[11] += c51 * s1;
    }

    /// <summary>msum = Σ min * activation sum, pairs of stretches at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SumMins(byte* panel, byte* tile, Vector256<int>* msum)
    {
        int offset = TFormat.SubLength == 32 && TFormat.BlockLength == 256
            ? TokenTile.Pairs32Offset(TFormat.BlockLength)
            : TokenTile.Pairs16Offset(TFormat.BlockLength);
        int* sums = (int*)(tile + offset);
        short* mins = (short*)(panel + WeightPanel<TFormat>.MinsOffset);
        for (int t = 0; t < TokenTile.Tokens; t++)
        {
            Vector256<int> low = Vector256<int>.Zero, high = Vector256<int>.Zero;
            for (int p = 0; p < WeightPanel<TFormat>.MinPairs; p++)
            {
                Vector256<short> x = Vector256.Create(sums[(p * TokenTile.Tokens) + t]).AsInt16();
                low = TInt8.Dot2InLanes(low, Vector256.Load(mins + (p * 32)), x);
                high = TInt8.Dot2InLanes(high, Vector256.Load(mins + (p * 32) + 16), x);
            }

            msum[2 * t] = low;
            msum[(2 * t) + 1] = high;
        }
    }

    /// <summary>y = fma(± weight scale * activation scale, (float)sum, y).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Accumulate(byte* weightScales, byte* tile, bool negate, Vector256<int>* sum, Vector256<float>* y)
    {
        Vector256<float> d0 = Vector256.Load((float*)weightScales), d1 = Vector256.Load((float*)weightScales + 8);
        if (negate) (d0, d1) = (-d0, -d1);
        float* dx = (float*)(tile + TokenTile.ScalesOffset(TFormat.BlockLength));
        for (int t = 0; t < TokenTile.Tokens; t++)
        {
            Vector256<float> x = Vector256.Create(dx[t]);
            y[2 * t] = Vector256.FusedMultiplyAdd(d0 * x, Vector256.ConvertToSingle(sum[2 * t]), y[2 * t]);
            y[(2 * t) + 1] = Vector256.FusedMultiplyAdd(d1 * x, Vector256.ConvertToSingle(sum[(2 * t) + 1]), y[(2 * t) + 1]);
        }
    }
}
