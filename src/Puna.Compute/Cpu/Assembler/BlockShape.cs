namespace Puna.Compute.Cpu.Assembler;

/// <summary>
/// Sizes of a weight format and of its panel blocks. A panel block of 16 rows holds, rows innermost throughout:
/// <code>
/// quants  byte [B / 4][rows][4]     raw, or raw - zero + 128 where the format has a zero
/// scales  int  [B / Part][rows]     sub-scales (256-blocks)
/// mins    short[4][rows][2]         mins of parts 2p and 2p + 1 (formats with mins)
/// d       float[rows]
/// dmin    float[rows]               (formats with mins)
/// </code>
/// </summary>
/// <param name="BlockLength">Elements of a block, 32 or 256.</param>
/// <param name="BlockBytes">Bytes of a block in the file.</param>
/// <param name="Part">Elements that share a scale.</param>
/// <param name="HasMins">The format has a second term.</param>
internal sealed record BlockShape(int BlockLength, int BlockBytes, int Part, bool HasMins)
{
    /// <summary>Stretches with a scale of their own.</summary>
    internal int Parts => BlockLength / Part;

    /// <summary>Lines after the quants before the mins.</summary>
    internal int ScaleLines => BlockLength == 256 ? Parts : 0;

    /// <summary>Line of d.</summary>
    internal int ScaleLine => ScaleLines + (HasMins ? 4 : 0);

    /// <summary>Bytes of a panel block.</summary>
    internal int PanelBytes => (16 * BlockLength) + (64 * (ScaleLine + (HasMins ? 2 : 1)));
}
