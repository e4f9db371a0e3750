namespace Puna.Compute.Cpu.Assembler;

/// <summary>Operands of a row kernel: weight rows times all tokens of a <see cref="MatMul.RowTile"/>.</summary>
internal unsafe struct RowCall
{
    /// <summary>First row, in file layout.</summary>
    public byte* Rows;

    /// <summary>Bytes from one row to the next.</summary>
    public long Stride;

    /// <summary>Rows, 1 to <see cref="RowAssembly.Rows"/>.</summary>
    public long Count;

    /// <summary>The <see cref="MatMul.RowTile"/>.</summary>
    public byte* Tile;

    /// <summary>Blocks of a row.</summary>
    public long Blocks;

    /// <summary><see cref="RowAssembly.ScratchBytes"/> bytes, aligned to 64.</summary>
    public byte* Scratch;

    /// <summary>Receives sums, [tokens][16] of which <see cref="Count"/> are valid.</summary>
    public float* Sums;
}
