namespace Puna.Compute.Cpu.Assembler;

/// <summary>
/// Sizes of a weight format and of its panel blocks. A panel block of 16 rows holds, rows innermost throughout:
/// <code>
/// quants  byte [Planes][B / 4][rows][4]
/// scales  int  [B / Part][rows]     sub-scales (256-blocks); for 256-bit registers short[B / Part][rows][2], each twice
/// mins    short[4][rows][2]         mins of parts 2p and 2p + 1 (formats with mins)
/// d       float[rows]
/// dmin    float[rows]               (formats with mins)
/// </code>
/// Quants are raw; those of formats with a zero are raw - zero + 128 where instructions for dot products of bytes read them.
/// </summary>
/// <param name="BlockLength">Elements of a block, 32 or 256.</param>
/// <param name="BlockBytes">Bytes of a block in the file.</param>
/// <param name="Part">Elements that share a scale.</param>
/// <param name="Bits">Bits of a quant.</param>
/// <param name="HasZero">Quants stand for their distance from a number in the middle, or are signed.</param>
/// <param name="HasMins">The format has a second term.</param>
internal sealed record BlockShape(int BlockLength, int BlockBytes, int Part, int Bits, bool HasZero, bool HasMins)
{
    /// <summary>2 where quants of 8 bits are stored as their upper four bits, then their lower four.</summary>
    internal int Planes { get; init; } = 1;

    /// <summary>Stretches with a scale of their own.</summary>
    internal int Parts => BlockLength / Part;

    /// <summary>Bytes of the quants of a panel block.</summary>
    internal int QuantBytes => 16 * BlockLength * Planes;

    /// <summary>Lines after the quants before the mins.</summary>
    internal int ScaleLines => BlockLength == 256 ? Parts : 0;

    /// <summary>Line of d.</summary>
    internal int ScaleLine => ScaleLines + (HasMins ? 4 : 0);

    /// <summary>Bytes of a panel block.</summary>
    internal int PanelBytes => QuantBytes + (64 * (ScaleLine + (HasMins ? 2 : 1)));
}
