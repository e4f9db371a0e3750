namespace Puna.Compute.Cpu.Assembler;

/// <summary>Operands of a row kernel: <see cref="BlockAssembly.PanelRows"/> weight rows times the first tokens of a tile.</summary>
internal unsafe struct RowCall
{
    /// <summary>First row, in file layout.</summary>
    public byte* Rows;

    /// <summary>Bytes from one row to the next.</summary>
    public long Stride;

    /// <summary>The <see cref="MatMul.WideTile"/> of the first block.</summary>
    public byte* Tile;

    /// <summary>Blocks of a row.</summary>
    public long Blocks;

    /// <summary>Receives [tokens][16] sums.</summary>
    public float* Sums;

    /// <summary>Where the rows of the next call begin: read front to back, which memory serves best, before they are used side by side.</summary>
    public byte* Ahead;
}
