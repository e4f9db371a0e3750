namespace Puna.Compute.Cpu.Rope;

/// <summary>Cosine and sine of the angles of one position: pair m at 2m (cosine) and 2m + 1 (sine).</summary>
internal static class RopeAngles
{
    /// <summary>Fills [2 * pairs]; the angle pos * f[m] is a float64 product, exact to float32 for positions to 10^7.</summary>
    public static void Fill(ReadOnlySpan<double> frequencies, int pos, Span<float> angles)
    {
        for (int m = 0; m < frequencies.Length; m++)
        {
            (double sin, double cos) = Math.SinCos(pos * frequencies[m]);
            angles[2 * m] = (float)cos;
            angles[(2 * m) + 1] = (float)sin;
        }
    }
}
