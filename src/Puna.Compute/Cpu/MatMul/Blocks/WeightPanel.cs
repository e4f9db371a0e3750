using Puna.Compute.Cpu.MatMul.Formats;

namespace Puna.Compute.Cpu.MatMul.Blocks;

/// <summary>
/// Layout of one block of <see cref="Rows"/> weight rows, unpacked for the panel kernel; rows are innermost throughout.
/// <code>
/// quants   sbyte[B / 4][rows][4]     raw - zero
/// starts   int[parts][rows]          -128 Σ quants of the part: what the shifted activations (+128) add too much
/// scales   int[parts][rows]          sub-scales (256-blocks)
/// mins     short[pairs][rows][2]     mins of neighbouring stretches
/// d, dmin  float[rows]
/// </code>
/// </summary>
internal static class WeightPanel
{
    /// <summary>Weight rows of a panel: two vectors of eight lanes.</summary>
    internal const int Rows = 16;
}

/// <summary>The distances of a <see cref="WeightPanel"/> for one format; constants in compiled code.</summary>
internal static class WeightPanel<TFormat>
    where TFormat : struct, IBlockFormat
{
    private const int Line = WeightPanel.Rows * sizeof(int);

    /// <summary>Stretches with their own sum.</summary>
    internal static int Parts => TFormat.BlockLength / TFormat.SubLength;

    /// <summary>Blocks of 256 have integer sub-scales.</summary>
    internal static bool HasSubScales => TFormat.BlockLength == 256;

    /// <summary>Pairs of mins: a block of 32 counts as two stretches of 16.</summary>
    internal static int MinPairs => !TFormat.HasMins ? 0 : TFormat.BlockLength == 32 ? 1 : Parts / 2;

    internal static int StartsOffset => TFormat.BlockLength * WeightPanel.Rows;

    internal static int ScalesOffset => StartsOffset + (Parts * Line);

    internal static int MinsOffset => ScalesOffset + (HasSubScales ? Parts * Line : 0);

    internal static int ScaleOffset => MinsOffset + (MinPairs * Line);

    internal static int MinScaleOffset => ScaleOffset + Line;

    internal static int Bytes => ScaleOffset + (TFormat.HasMins ? 2 * Line : Line);
}
