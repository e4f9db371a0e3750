using Puna.Compute.Cpu.MatMul.Blocks;

namespace Puna.Compute.Cpu.MatMul;

/// <summary>Rows of activations rounded to 8-bit blocks, in one of the two forms. A view; <see cref="QuantizedActivations"/> owns the memory.</summary>
internal unsafe struct QuantizedRows
{
    /// <summary>Elements of a block, 32 or 256.</summary>
    public int BlockLength;

    /// <summary>Blocks of a row.</summary>
    public int Blocks;

    /// <summary>[rows, K], each -127 to 127.</summary>
    public sbyte* Quants;

    /// <summary>[rows, Blocks].</summary>
    public float* Scales;

    /// <summary>
    /// Sums of 16 quants, [rows, Blocks, BlockLength / 16]. Within a block those of even stretches come first, then those
    /// of odd ones, in the order of <see cref="Formats.IBlockFormat.SubScales"/>.
    /// </summary>
    public short* Sums;

    /// <summary>[ceil(rows / 6), Blocks] tiles of <see cref="TokenTile"/>, or null for few rows. Missing tokens are zero.</summary>
    public byte* Tiles;

    /// <summary>Tiles for assembled kernels, or null: <see cref="RowTile"/> for a group of few rows, else <see cref="WideTile"/>. Every group begins a tile.</summary>
    public byte* WideTiles;

    /// <summary>The rows from <paramref name="row"/> on, with or without tiles, and the wide tiles from <paramref name="wideTile"/> on.</summary>
    public readonly QuantizedRows From(int row, bool tiled, int wideTile)
    {
        long block = (long)row * Blocks;
        return this with
        {
            Quants = Quants + (block * BlockLength),
            Scales = Scales + block,
            Sums = Sums + (block * (BlockLength / 16)),
            Tiles = tiled && Tiles is not null ? Tiles + ((long)(row / TokenTile.Tokens) * Blocks * TokenTile.Bytes(BlockLength)) : null,
            WideTiles = WideTiles is null ? null : WideTiles + (wideTile * WideTile.Bytes(BlockLength, Blocks)),
        };
    }
}
