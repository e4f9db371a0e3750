using System.Runtime.Intrinsics;

namespace Puna.Compute.Cpu.MatMul;

/// <summary>
/// Layout of the activations of up to <see cref="Assembler.RowAssembly.MaxTokens"/> tokens, as the assembled row kernels read
/// it: units of 4 blocks of 256 or of 16 blocks of 32, in each unit the tokens one after the other.
/// <code>
/// 256:  4 times { lanes sbyte[256]  16-byte pieces of the block, 4 x 4 of them, transposed
///                 plain sbyte[256]  in order
///                 zeros short[16]   -16 Σ of 16 quants, padded to 64 bytes }
///       sums    short[4][4][2]      Σ of 32 quants: stretches 2p and 2p + 1 of block j are at [p][j]
///       scales  float[4]
///  32:  plain   sbyte[16][32]    in order
///       pairs   sbyte[8][2][32]  blocks 0 and 4, 1 and 5, ... 3 and 7, then 8 and 12, ...
///       nibbles sbyte[4][2][4][16]  half h of block 4i + j is at [j][h][i]
///       starts  int[16]             -128 Σ of a block
///       scales  float[16]
/// </code>
/// </summary>
internal static unsafe class RowTile
{
    /// <summary>Bytes of a 256-block.</summary>
    internal const int Block256 = 576;

    internal const int Plain256 = 256, Zeros = 512, Sums = 4 * Block256, Scales256 = Sums + 64;

    internal const int Pairs = 512, Nibbles = 1024, Starts = 1536, Scales32 = Starts + 64;

    /// <summary>Blocks of a unit.</summary>
    internal static int UnitBlocks(int blockLength) => blockLength == 32 ? 16 : 4;

    /// <summary>Bytes of one token of a unit.</summary>
    internal static int UnitBytes(int blockLength) => blockLength == 32 ? Scales32 + 64 : Scales256 + 64;

    /// <summary>Bytes of a tile.</summary>
    internal static long Bytes(int blockLength, int blocks, int tokens)
    {
        int unit = UnitBlocks(blockLength);
        return (long)((blocks + unit - 1) / unit) * tokens * UnitBytes(blockLength);
    }

    /// <summary>Writes one token.</summary>
    /// <param name="view">Rounded activations.</param>
    /// <param name="tile">The tile.</param>
    /// <param name="row">Row of <paramref name="view"/>.</param>
    /// <param name="token">Which token of the tile it is.</param>
    /// <param name="tokens">How many the tile has.</param>
    internal static void Fill(in QuantizedRows view, byte* tile, int row, int token, int tokens)
    {
        int unitBlocks = UnitBlocks(view.BlockLength), unitBytes = UnitBytes(view.BlockLength);
        byte* unit = tile + ((long)token * unitBytes);
        for (int b = 0; b < view.Blocks; b += unitBlocks, unit += (long)tokens * unitBytes)
        {
            int count = Math.Min(unitBlocks, view.Blocks - b);
            long at = ((long)row * view.Blocks) + b;
            for (int j = 0; j < count; j++)
            {
                if (view.BlockLength == 32) Fill32(view, unit, at + j, j);
                else Fill256(view, unit, at + j, j);
            }
        }
    }

    private static void Fill32(in QuantizedRows view, byte* unit, long block, int j)
    {
        sbyte* quants = view.Quants + (32 * block);
        Vector256.Load(quants).Store((sbyte*)unit + (32 * j));
        Vector256.Load(quants).Store((sbyte*)unit + Pairs + (64 * ((j / 8 * 4) + (j % 4))) + (j % 8 / 4 * 32));
        sbyte* nibbles = (sbyte*)unit + Nibbles + (128 * (j % 4)) + (16 * (j / 4));
        Vector128.Load(quants).Store(nibbles);
        Vector128.Load(quants + 16).Store(nibbles + 64);
        ((int*)(unit + Starts))[j] = -128 * (view.Sums[2 * block] + view.Sums[(2 * block) + 1]);
        ((float*)(unit + Scales32))[j] = view.Scales[block];
    }

    private static void Fill256(in QuantizedRows view, byte* unit, long block, int j)
    {
        sbyte* quants = view.Quants + (256 * block), at = (sbyte*)unit + (Block256 * j);
        for (int piece = 0; piece < 16; piece++)
        {
            Vector128<sbyte> p = Vector128.Load(quants + (16 * piece));
            p.Store(at + (64 * (piece % 4)) + (16 * (piece / 4)));
            p.Store(at + Plain256 + (16 * piece));
        }

        short* even = view.Sums + (16 * block), odd = even + 8, zeros = (short*)(at + Zeros);
        short* sums = (short*)(unit + Sums) + (2 * j);
        for (int s = 0; s < 8; s++)
        {
            zeros[2 * s] = (short)(-16 * even[s]);
            zeros[(2 * s) + 1] = (short)(-16 * odd[s]);
            sums[(8 * (s / 2)) + (s % 2)] = (short)(even[s] + odd[s]);
        }

        ((float*)(unit + Scales256))[j] = view.Scales[block];
    }
}
