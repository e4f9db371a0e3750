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

    /// <summary>[ceil(rows / TokenTile.Tokens), Blocks] tiles of <see cref="MatMul.Blocks.TokenTile"/>, or null for few rows. Missing tokens are zero.</summary>
    public byte* Tiles;
}
