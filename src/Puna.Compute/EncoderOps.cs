namespace Puna.Compute;

/// <summary>Rows [First, First + Count) of a batch that belong together.</summary>
public readonly record struct RowWindow(int First, int Count);

/// <summary>Geometry of <see cref="IEncoderBackend.DisentangledAttention"/>.</summary>
/// <param name="NHeads">Heads.</param>
/// <param name="HeadDim">Components of a head.</param>
/// <param name="Scale">Factor of every score, 1/sqrt(3 headDim) with both relative terms.</param>
/// <param name="MaxLength">Longest window; the relative tables have at least <see cref="DistanceColumns"/> columns for it.</param>
/// <param name="FirstRowOnly">Only the first row of each window asks; the last layer of a classifier needs no other.</param>
public readonly record struct DisentangledSpec(int NHeads, int HeadDim, float Scale, int MaxLength, bool FirstRowOnly = false)
{
    /// <summary>Columns past the last distance that kernels may read, and whose values count for nothing.</summary>
    private const int Slack = 17;

    /// <summary>Columns of the relative tables: distances -(maxLength - 1) to maxLength - 1, and some that are only read.</summary>
    public static int DistanceColumns(int maxLength) => (2 * maxLength) - 1 + Slack;
}
