namespace Puna.Compute.Cpu.Assembler;

/// <summary>Operands of a packing kernel: <see cref="BlockAssembly.PanelRows"/> weight rows to a panel.</summary>
internal unsafe struct PackCall
{
    /// <summary>First row, in file layout.</summary>
    public byte* Rows;

    /// <summary>Bytes from one row to the next.</summary>
    public long Stride;

    /// <summary>Receives the panel, <see cref="BlockShape.PanelBytes"/> for each block.</summary>
    public byte* Panel;

    /// <summary>Blocks of a row.</summary>
    public long Blocks;

    /// <summary>Where the rows of the next call begin, to be fetched ahead; any address will do.</summary>
    public byte* Ahead;
}
