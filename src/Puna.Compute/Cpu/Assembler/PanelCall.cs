namespace Puna.Compute.Cpu.Assembler;

/// <summary>Operands of a panel kernel: a panel of <see cref="BlockAssembly.PanelRows"/> weight rows times the first tokens of a tile.</summary>
internal unsafe struct PanelCall
{
    /// <summary>The panel, aligned to 64.</summary>
    public byte* Panel;

    /// <summary>The <see cref="MatMul.WideTile"/> of the first block.</summary>
    public byte* Tile;

    /// <summary>Blocks of a row.</summary>
    public long Blocks;

    /// <summary>Receives [tokens][16] sums.</summary>
    public float* Sums;
}
