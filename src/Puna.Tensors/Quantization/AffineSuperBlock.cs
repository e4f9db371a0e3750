namespace Puna.Tensors.Quantization;

/// <summary>
/// Encoding common to Q4_K and Q5_K: eight sub-blocks of 32 whose scale and minimum are themselves 6-bit multiples of the
/// super-block's two scales.
/// </summary>
/// <remarks>
/// Each sub-block is fitted alone; the largest scale and minimum set the super-block's scales; then, with those as stored,
/// each sub-block takes the pair of 6-bit steps around its fit with the least error, and the super-block's scales are
/// refitted to all 256 values by least squares and kept where that helps.
/// </remarks>
internal static class AffineSuperBlock
{
    private const int MaxStep = 63, SubBlocks = 8, SubLength = 32;

    /// <summary>Encodes one super-block.</summary>
    /// <param name="x">Finite values, [256].</param>
    /// <param name="levels">16 or 32.</param>
    /// <param name="margins">Candidates of <see cref="AffineSearch.Find"/>.</param>
    /// <param name="scales">Receives the 6-bit scales, [8].</param>
    /// <param name="mins">Receives the 6-bit minima, [8].</param>
    /// <param name="codes">Receives the quants, [256].</param>
    internal static (Half Scale, Half MinScale) Encode(
        ReadOnlySpan<float> x, int levels, ReadOnlySpan<float> margins, Span<byte> scales, Span<byte> mins, Span<byte> codes)
    {
        Span<float> fitScales = stackalloc float[SubBlocks], fitMins = stackalloc float[SubBlocks];
        float maxScale = 0f, maxMin = 0f;
        for (int j = 0; j < SubBlocks; j++)
        {
            (fitScales[j], float offset) = AffineSearch.Find(Sub(x, j), levels, offsetAtMostZero: true, margins);
            fitMins[j] = -offset;
            maxScale = Math.Max(maxScale, fitScales[j]);
            maxMin = Math.Max(maxMin, fitMins[j]);
        }

        Half scale = HalfScale.Round(maxScale / MaxStep), minScale = HalfScale.Round(maxMin / MaxStep);
        float error = ChooseSteps(x, levels, fitScales, fitMins, (float)scale, (float)minScale, scales, mins);

        Span<byte> newScales = stackalloc byte[SubBlocks], newMins = stackalloc byte[SubBlocks];
        for (int turn = 0; turn < 2; turn++)
        {
            (Half newScale, Half newMinScale) = Refit(x, levels, (float)scale, (float)minScale, scales, mins);
            float newError = ChooseSteps(x, levels, fitScales, fitMins, (float)newScale, (float)newMinScale, newScales, newMins);
            if (newError >= error) break;

            (scale, minScale, error) = (newScale, newMinScale, newError);
            newScales.CopyTo(scales);
            newMins.CopyTo(mins);
        }

        for (int j = 0; j < SubBlocks; j++)
        {
            AffineSearch.Assign(
                Sub(x, j), (float)scale * scales[j], -((float)minScale * mins[j]), levels, codes.Slice(SubLength * j, SubLength));
        }

        return (scale, minScale);
    }

    private static ReadOnlySpan<float> Sub(ReadOnlySpan<float> x, int j) => x.Slice(SubLength * j, SubLength);

    /// <summary>Picks for every sub-block the steps around its fit with the least error; returns the sum of the errors.</summary>
    private static float ChooseSteps(ReadOnlySpan<float> x, int levels, ReadOnlySpan<float> fitScales, ReadOnlySpan<float> fitMins,
        float scale, float minScale, Span<byte> scales, Span<byte> mins)
    {
        float total = 0f;
        for (int j = 0; j < SubBlocks; j++)
        {
            int centerScale = NearestStep(fitScales[j], scale), centerMin = NearestStep(fitMins[j], minScale);
            float best = float.PositiveInfinity;
            for (int s = Math.Max(centerScale - 1, 0); s <= Math.Min(centerScale + 1, MaxStep); s++)
            {
                for (int m = Math.Max(centerMin - 1, 0); m <= Math.Min(centerMin + 1, MaxStep); m++)
                {
                    float error = AffineSearch.Error(Sub(x, j), scale * s, -(minScale * m), levels);
                    if (error >= best) continue;

                    best = error;
                    (scales[j], mins[j]) = ((byte)s, (byte)m);
                }
            }

            total += best;
        }

        return total;
    }

    /// <summary>
    /// The two super-block scales that fit all values best for the steps and quants at hand: minimises
    /// Σ(x - d a + m c)² with a = step * quant and c = minimum step, two equations in d and m.
    /// </summary>
    private static (Half Scale, Half MinScale) Refit(
        ReadOnlySpan<float> x, int levels, float scale, float minScale, ReadOnlySpan<byte> scales, ReadOnlySpan<byte> mins)
    {
        double aa = 0, ac = 0, cc = 0, xa = 0, xc = 0;
        for (int j = 0; j < SubBlocks; j++)
        {
            ReadOnlySpan<float> sub = Sub(x, j);
            (float q, float qq, float xq) = AffineSearch.Sums(sub, scale * scales[j], -(minScale * mins[j]), levels);
            double s = scales[j], m = mins[j];
            aa += s * s * qq;
            ac += s * m * q;
            cc += m * m * SubLength;
            xa += s * xq;
            xc += m * AffineSearch.Sum(sub);
        }

        double determinant = (ac * ac) - (aa * cc);
        double d = determinant != 0 ? ((ac * xc) - (xa * cc)) / determinant : aa > 0 ? xa / aa : 0;
        double min = determinant != 0 ? ((aa * xc) - (ac * xa)) / determinant : minScale;
        return d > 0 && min >= 0 ? (HalfScale.Round((float)d), HalfScale.Round((float)min)) : ((Half)scale, (Half)minScale);
    }

    private static int NearestStep(float value, float unit) =>
        unit == 0f ? 0 : (int)Math.Clamp(MathF.Round(value / unit), 0f, MaxStep);
}
