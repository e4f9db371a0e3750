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

    /// <summary>
    /// Weights in file layout to be fetched ahead while this panel is multiplied, as many as a panel is made of; any readable run of
    /// that length will do.
    /// </summary>
    public byte* Ahead;

    /// <summary>Receives [tokens][16] sums.</summary>
    public float* Sums;
}
