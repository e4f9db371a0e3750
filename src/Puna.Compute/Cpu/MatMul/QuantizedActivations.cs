using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Puna.Compute.Cpu.Assembler;
using Puna.Compute.Cpu.MatMul.Blocks;
using Puna.Tensors.Quantization;

namespace Puna.Compute.Cpu.MatMul;

/// <summary>Rounds rows of float32 activations to 8-bit blocks and keeps the memory for it.</summary>
internal sealed unsafe class QuantizedActivations : IDisposable
{
    /// <summary>From this many rows on, unpacking a panel of weights once is cheaper than once a row.</summary>
    internal const int TileFromRows = 4;

    private readonly NativeScratch _memory = new();
    private readonly ActivationForm _form;

    public QuantizedActivations(ActivationForm form) => _form = form;

    /// <summary>Makes room for [rows, k] and returns where it is; <see cref="Fill"/> writes it.</summary>
    /// <param name="rows">Rows, to the end of the last group.</param>
    /// <param name="k">Width.</param>
    /// <param name="tiled">Also room for tiles.</param>
    /// <param name="wideTiles">Wide tiles; 0 for none.</param>
    public QuantizedRows Reserve(int rows, int k, bool tiled, int wideTiles)
    {
        int blockLength = _form == ActivationForm.Q8_0 ? 32 : 256;
        int blocks = k / blockLength;
        long quants = Align((long)rows * k), scales = Align((long)rows * blocks * sizeof(float)), sums = Align((long)rows * k / 16 * sizeof(short));
        long tiles = tiled ? (long)((rows + TokenTile.Tokens - 1) / TokenTile.Tokens) * blocks * TokenTile.Bytes(blockLength) : 0;
        long wide = wideTiles * WideTile.Bytes(blockLength, blocks);

        byte* p = _memory.Reserve(quants + scales + sums + tiles + wide);
        return new QuantizedRows
        {
            BlockLength = blockLength,
            Blocks = blocks,
            Quants = (sbyte*)p,
            Scales = (float*)(p + quants),
            Sums = (short*)(p + quants + scales),
            Tiles = tiled ? p + quants + scales + sums : null,
            WideTiles = wideTiles > 0 ? p + quants + scales + sums + tiles : null,
        };
    }

    /// <summary>Rounds <see cref="WideTile.Tokens"/> rows of a group. Threads may fill different parts at once.</summary>
    /// <param name="view">From <see cref="Reserve"/>.</param>
    /// <param name="x">[rows, K].</param>
    /// <param name="stride">Floats from one row of x to the next.</param>
    /// <param name="group">The group; starts on a tile if it is large enough to be tiled.</param>
    /// <param name="part">Which rows of the group.</param>
    /// <param name="wideTile">The wide tile that these rows fill, if there are any.</param>
    public static void Fill(in QuantizedRows view, float* x, int stride, RowGroup group, int part, int wideTile)
    {
        int first = group.First + (part * WideTile.Tokens);
        int end = Math.Min(first + WideTile.Tokens, group.First + group.Count);
        for (int row = first; row < end; row++)
        {
            if (view.BlockLength == 32) FillRow32(view, x + ((long)row * stride), row);
            else FillRow256(view, x + ((long)row * stride), row);
        }

        if (view.WideTiles is not null)
        {
            byte* tile = view.WideTiles + (wideTile * WideTile.Bytes(view.BlockLength, view.Blocks));
            for (int row = first; row < end; row++)
            {
                if (group.Count <= RowAssembly.MaxTokens) RowTile.Fill(view, tile, row, row - first, group.Count);
                else if (view.BlockLength == 32) FillWide32(view, tile, row, row - first);
                else FillWide256(view, tile, row, row - first);
            }
        }

        if (view.Tiles is null || group.Count < TileFromRows) return;
        for (int row = first; row < end; row += TokenTile.Tokens) FillTile(view, row, Math.Min(TokenTile.Tokens, end - row));
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    private static long Align(long bytes) => (bytes + 63) & ~63L;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FillRow32(in QuantizedRows view, float* x, int row)
    {
        BlockQ8_0 rounded = default;
        long at = (long)row * view.Blocks;
        for (int b = 0; b < view.Blocks; b++, at++)
        {
            ActivationQuantizer.QuantizeQ8_0(new ReadOnlySpan<float>(x + (32 * b), 32), new Span<BlockQ8_0>(ref rounded));
            view.Scales[at] = (float)rounded.Scale;
            Vector256<sbyte> q = Vector256.Load(rounded.Quants);
            q.Store(view.Quants + (32 * at));
            view.Sums[2 * at] = Sum(q.GetLower());
            view.Sums[(2 * at) + 1] = Sum(q.GetUpper());
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FillRow256(in QuantizedRows view, float* x, int row)
    {
        BlockQ8_K rounded = default;
        long at = (long)row * view.Blocks;
        for (int b = 0; b < view.Blocks; b++, at++)
        {
            ActivationQuantizer.QuantizeQ8_K(new ReadOnlySpan<float>(x + (256 * b), 256), new Span<BlockQ8_K>(ref rounded));
            view.Scales[at] = rounded.Scale;
            Unsafe.CopyBlockUnaligned(view.Quants + (256 * at), rounded.Quants, 256);
            short* sums = view.Sums + (16 * at);
            for (int i = 0; i < 8; i++)
            {
                sums[i] = rounded.Sums[2 * i];
                sums[i + 8] = rounded.Sums[(2 * i) + 1];
            }
        }
    }

    private static short Sum(Vector128<sbyte> v) => Vector128.Sum(Vector128.WidenLower(v) + Vector128.WidenUpper(v));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FillWide32(in QuantizedRows view, byte* tile, int row, int slot)
    {
        long at = (long)row * view.Blocks;
        for (int b = 0; b < view.Blocks; b++, at++, tile += WideTile.Bytes(32))
        {
            Vector256.Load(view.Quants + (32 * at)).Store((sbyte*)tile + (32 * slot));
            ((int*)(tile + WideTile.StartsOffset(32)))[slot] = -128 * (view.Sums[2 * at] + view.Sums[(2 * at) + 1]);
            ((float*)(tile + WideTile.ScalesOffset(32)))[slot] = view.Scales[at];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FillWide256(in QuantizedRows view, byte* tile, int row, int slot)
    {
        long at = (long)row * view.Blocks;
        for (int b = 0; b < view.Blocks; b++, at++, tile += WideTile.Bytes(256))
        {
            Unsafe.CopyBlockUnaligned(tile + (256 * slot), view.Quants + (256 * at), 256);
            Vector128<short> even = Vector128.Load(view.Sums + (16 * at)), odd = Vector128.Load(view.Sums + (16 * at) + 8);
            FillPairs(view.Quants + (256 * at), (short*)(tile + WideTile.PairStartsOffset) + (32 * slot));
            (even + odd).Store((short*)(tile + WideTile.SumsOffset) + (8 * slot));
            int* starts = (int*)(tile + WideTile.StartsOffset(256)) + (16 * slot);
            for (int i = 0; i < 8; i++) (starts[2 * i], starts[(2 * i) + 1]) = (-128 * even[i], -128 * odd[i]);
            ((float*)(tile + WideTile.ScalesOffset(256)))[slot] = view.Scales[at];
        }
    }

    /// <summary>-32 Σ of the first two and of the last two quants of each four, for each 16.</summary>
    private static void FillPairs(sbyte* quants, short* pairs)
    {
        for (int i = 0; i < 16; i++)
        {
            Vector128<sbyte> q = Vector128.Load(quants + (16 * i));
            Vector128<short> eight = Vector128.WidenLower(q) + Vector128.WidenUpper(q);
            Vector64<short> four = eight.GetLower() + eight.GetUpper();
            pairs[2 * i] = (short)(-32 * (four.GetElement(0) + four.GetElement(1)));
            pairs[(2 * i) + 1] = (short)(-32 * (four.GetElement(2) + four.GetElement(3)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FillTile(in QuantizedRows view, int first, int count)
    {
        int b = view.BlockLength, sums = b / 16, half = sums / 2;
        int tileBytes = TokenTile.Bytes(b);
        byte* tile = view.Tiles + ((long)(first / TokenTile.Tokens) * view.Blocks * tileBytes);
        for (int block = 0; block < view.Blocks; block++, tile += tileBytes)
        {
            if (count < TokenTile.Tokens) NativeMemory.Clear(tile, (nuint)tileBytes);
            for (int t = 0; t < count; t++)
            {
                long at = ((long)(first + t) * view.Blocks) + block;
                uint* quants = (uint*)(view.Quants + (at * b));
                uint* interleaved = (uint*)tile + t;
                for (int i = 0; i < b / 4; i++) interleaved[i * TokenTile.Tokens] = quants[i] ^ 0x8080_8080; // + 128 in each byte

                short* even = view.Sums + (at * sums), odd = even + half;
                short* pairs16 = (short*)(tile + TokenTile.Pairs16Offset(b)) + (2 * t);
                short* pairs32 = (short*)(tile + TokenTile.Pairs32Offset(b)) + (2 * t);
                for (int p = 0; p < half; p++)
                {
                    pairs16[p * TokenTile.Tokens * 2] = even[p];
                    pairs16[(p * TokenTile.Tokens * 2) + 1] = odd[p];
                    if (half > 1) pairs32[(p / 2 * TokenTile.Tokens * 2) + (p % 2)] = (short)(even[p] + odd[p]);
                }

                ((float*)(tile + TokenTile.ScalesOffset(b)))[t] = view.Scales[at];
            }
        }
    }
}
