namespace Puna.Tensors.Quantization;

/// <summary>Rounding of block scales to half precision.</summary>
internal static class HalfScale
{
    /// <summary>Largest finite half.</summary>
    internal const float Max = 65504f;

    private const float MinNormal = 6.103515625e-05f; // 2^-14

    /// <summary>
    /// The half nearest to a scale. Below the normal range, where halves are coarse, the magnitude is rounded up instead: a
    /// scale too small would clip the largest values of its block, one too large only spreads the levels. Magnitudes
    /// above the range give the largest half, never infinity.
    /// </summary>
    internal static Half Round(float scale)
    {
        float magnitude = Math.Min(MathF.Abs(scale), Max);
        Half rounded = (Half)magnitude;
        if (magnitude < MinNormal && (float)rounded < magnitude) rounded = Half.BitIncrement(rounded);
        return scale < 0 ? -rounded : rounded;
    }
}
