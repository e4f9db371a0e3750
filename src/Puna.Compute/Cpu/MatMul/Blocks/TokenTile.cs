namespace Puna.Compute.Cpu.MatMul.Blocks;

/// <summary>
/// Layout of one activation block of <see cref="Tokens"/> tokens side by side, as the panel kernel reads it. All parts
/// hold the tokens innermost, so one pointer and constant distances reach everything.
/// <code>
/// quants   byte [B / 4][tokens][4]     quant + 128
/// pairs16  short[B / 32][tokens][2]    sums of elements 32p … 32p + 15 and 32p + 16 … 32p + 31
/// pairs32  short[B / 64][tokens][2]    sums of elements 64p … 64p + 31 and 64p + 32 … 64p + 63 (256-blocks)
/// scales   float[tokens]
/// </code>
/// </summary>
internal static class TokenTile
{
    /// <summary>Tokens of a tile: 6 tokens by 16 rows are 12 accumulators, which leaves 4 of 16 registers to work with.</summary>
    internal const int Tokens = 6;

    internal static int Pairs16Offset(int blockLength) => blockLength * Tokens;

    internal static int Pairs32Offset(int blockLength) => Pairs16Offset(blockLength) + (blockLength / 32 * Tokens * 4);

    internal static int ScalesOffset(int blockLength) => Pairs32Offset(blockLength) + (blockLength / 64 * Tokens * 4);

    internal static int Bytes(int blockLength) => (ScalesOffset(blockLength) + (Tokens * 4) + 63) & ~63;
}
