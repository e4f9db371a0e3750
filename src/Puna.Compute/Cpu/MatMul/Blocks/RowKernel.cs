using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Puna.Compute.Cpu.MatMul.Formats;

namespace Puna.Compute.Cpu.MatMul.Blocks;

/// <summary>
/// The few-token side of <see cref="BlockKernel{TFormat, TInt8}"/>: eight weight rows at a time, read once and in file
/// layout. Within a block the lanes run along K; the eight sums are then gathered in one vector, whose lanes (rows) run
/// the float chain side by side.
/// </summary>
internal static unsafe class RowKernel<TFormat, TInt8>
    where TFormat : struct, IBlockFormat
    where TInt8 : struct, IInt8Instructions
{
    /// <summary>Weight rows of a step: as many as a vector has lanes, and enough loads in flight to hide latency.</summary>
    internal const int Rows = 8;

    internal static void Run(in MatrixProduct product, in MatrixRegion region)
    {
        byte** rows = stackalloc byte*[Rows];
        float* sums = stackalloc float[Rows];
        for (int m = region.FirstOutput; m < region.EndOutput; m += Rows)
        {
            int count = Math.Min(Rows, region.EndOutput - m);
            for (int r = 0; r < Rows; r++) rows[r] = product.Weight + ((m + Math.Min(r, count - 1)) * product.RowStride); // a short step repeats its last row

            for (int t = region.FirstToken; t < region.EndToken; t++)
            {
                Dot(rows, product.Quantized, t).Store(sums);
                product.Store(t, m, sums, count);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)] // a root of its own: the inliner has a budget for each root
    private static Vector256<float> Dot(byte** rows, in QuantizedRows x, int token)
    {
        Vector256<int>* isums = stackalloc Vector256<int>[Rows];
        Vector256<int>* msums = stackalloc Vector256<int>[Rows];
        long first = (long)token * x.Blocks;
        sbyte* a = x.Quants + (first * TFormat.BlockLength);
        short* sums = x.Sums + (first * TFormat.BlockLength / 16);
        float* scales = x.Scales + first;

        Vector256<float> acc = Vector256<float>.Zero;
        long offset = 0;
        for (int b = 0; b < x.Blocks; b++, offset += TFormat.BlockBytes, a += TFormat.BlockLength, sums += TFormat.BlockLength / 16)
        {
            for (int r = 0; r < Rows; r++)
            {
                byte* block = rows[r] + offset;
                if (TFormat.BlockLength == 32)
                {
                    isums[r] = Part(block, 0, a);
                }
                else
                {
                    isums[r] = SuperBlock(block, a, sums);
                    if (TFormat.HasMins) msums[r] = TInt8.Dot2(Vector256<int>.Zero, TFormat.SubMins(block), Vector256.Load(sums));
                }
            }

            Vector256<int> isum = TInt8.Sum8(isums);
            if (TFormat.BlockLength == 32 && TFormat.ZeroPoint != 0) isum -= Vector256.Create(TFormat.ZeroPoint * (sums[0] + sums[1]));

            Vector256<float> dx = Vector256.Create(scales[b]);
            acc = Vector256.FusedMultiplyAdd(HalfScales.Gather(rows, offset + TFormat.ScaleOffset) * dx, Vector256.ConvertToSingle(isum), acc);
            if (TFormat.HasMins)
            {
                Vector256<int> msum = TFormat.BlockLength == 32 ? Vector256.Create(sums[0] + sums[1]) : TInt8.Sum8(msums);
                Vector256<float> min = HalfScales.Gather(rows, offset + TFormat.MinScaleOffset) * dx;
                acc = Vector256.FusedMultiplyAdd(TFormat.AddsMins ? min : -min, Vector256.ConvertToSingle(msum), acc);
            }
        }

        return acc;
    }

    /// <summary>Products of 32 quants without scales, in fours.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Part(byte* block, int part, sbyte* a)
    {
        (Vector256<byte> u, Vector256<sbyte> s) = Operands(block, part, a);
        return TInt8.Dot4Small(Vector256<int>.Zero, u, s);
    }

    /// <summary>isum of a 256-block, spread over eight lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> SuperBlock(byte* block, sbyte* a, short* sums)
    {
        Vector256<short> scales = TFormat.SubScales(block);
        Vector256<int> acc = Scaled(Vector256<int>.Zero, block, 0, a, scales);
        Vector256<int> acc1 = Scaled(Vector256<int>.Zero, block, 1, a, scales);
        acc = Scaled(acc, block, 2, a, scales);
        acc1 = Scaled(acc1, block, 3, a, scales);
        acc = Scaled(acc, block, 4, a, scales);
        acc1 = Scaled(acc1, block, 5, a, scales);
        acc = Scaled(acc, block, 6, a, scales);
        acc1 = Scaled(acc1, block, 7, a, scales);
        acc += acc1;

        // Σ sc (raw - zero) a = Σ sc raw a - zero Σ sc (Σ a)
        if (TFormat.ZeroPoint != 0) acc -= TInt8.Dot2(Vector256<int>.Zero, scales, Vector256.Load(sums)) * TFormat.ZeroPoint;
        return acc;
    }

    /// <summary>
    /// Adds 32 products times their sub-scales. Pairs of products are at most 2 * 63 * 127 or, signed, 2 * 128 * 127 = 32512:
    /// inside int16, so the scales can be multiplied in 16-bit lanes.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Scaled(Vector256<int> acc, byte* block, int part, sbyte* a, Vector256<short> scales)
    {
        (Vector256<byte> u, Vector256<sbyte> s) = Operands(block, part, a + (32 * part));
        return TInt8.Dot2(acc, TInt8.Pairs(u, s), TInt8.Spread(scales, part));
    }

    /// <summary>Raw quants and activations as unsigned and signed operand; the sign of signed quants moves to the activations.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<byte> Unsigned, Vector256<sbyte> Signed) Operands(byte* block, int part, sbyte* a)
    {
        Vector256<sbyte> raw = TFormat.Raw(block, part);
        Vector256<sbyte> x = Vector256.Load(a);
        return TFormat.IsSigned ? (Vector256.Abs(raw).AsByte(), TInt8.Sign(x, raw)) : (raw.AsByte(), x);
    }
}
