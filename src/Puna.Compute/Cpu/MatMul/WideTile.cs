namespace Puna.Compute.Cpu.MatMul;

/// <summary>
/// Layout of one activation block of <see cref="Tokens"/> tokens, as the assembled kernels read it: one pointer and constant
/// distances reach everything. Slots of missing tokens are undefined; kernels read only the tokens they are made for.
/// <code>
/// quants   sbyte[tokens][B]
/// pairs    short[tokens][16][2]  of 16 quants: -32 Σ of 0, 1, 4, 5, 8, 9, 12 and 13, then of the others (256-blocks)
/// sums     short[tokens][8]      Σ of 32 quants (256-blocks)
/// starts   int  [tokens][B / 16] -128 Σ of 16 quants (256-blocks), or int[tokens] -128 Σ of all 32
/// scales   float[tokens]
/// </code>
/// </summary>
internal static class WideTile
{
    /// <summary>
    /// Tokens of a tile: with 16 rows, 12 sums and 12 scaled sums, which leaves 8 of 32 registers to work with; with 16 registers, two or
    /// four goes.
    /// </summary>
    internal const int Tokens = 12;

    private const int Quants256 = Tokens * 256;

    /// <summary>What a zero at 32 adds too much in the lanes of vpmaddubsw: at most 32 * 8 * 127, so that it fits in 16 bits.</summary>
    internal const int PairStartsOffset = Quants256;

    internal const int SumsOffset = PairStartsOffset + (Tokens * 64);

    internal static int StartsOffset(int blockLength) => blockLength == 32 ? Tokens * 32 : SumsOffset + (Tokens * 16);

    internal static int ScalesOffset(int blockLength) => StartsOffset(blockLength) + (Tokens * sizeof(int) * (blockLength == 32 ? 1 : 16));

    /// <summary>An odd number of cache lines for blocks of 32 and no multiple of a page for 256, so that blocks spread over the sets of a cache.</summary>
    internal static int Bytes(int blockLength) => blockLength == 32 ? 576 : (ScalesOffset(256) + (Tokens * sizeof(float)) + 63) & ~63;

    /// <summary>Distance of tiles of either kind, this or <see cref="RowTile"/>.</summary>
    internal static long Bytes(int blockLength, int blocks) =>
        Math.Max((long)blocks * Bytes(blockLength), RowTile.Bytes(blockLength, blocks, Assembler.RowAssembly.MaxTokens));

    internal static int Count(int rows) => (rows + Tokens - 1) / Tokens;
}
