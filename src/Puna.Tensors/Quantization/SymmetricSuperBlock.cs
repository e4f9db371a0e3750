namespace Puna.Tensors.Quantization;

/// <summary>
/// Encoding of Q6_K: sixteen sub-blocks of 16 whose scale is an 8-bit signed multiple of the super-block's scale. The same
/// steps as in <see cref="AffineSuperBlock"/>, without a minimum.
/// </summary>
internal static class SymmetricSuperBlock
{
    private const int SubBlocks = 16, SubLength = 16;

    /// <summary>Chooses the scales of one super-block; the quants are the levels nearest to the values.</summary>
    /// <param name="x">Finite values, [256].</param>
    /// <param name="n">Half the number of levels.</param>
    /// <param name="offsets">Candidates of <see cref="SymmetricSearch.FindScale"/>.</param>
    /// <param name="scales">Receives the 8-bit scales, [16].</param>
    internal static Half Encode(ReadOnlySpan<float> x, int n, ReadOnlySpan<float> offsets, Span<sbyte> scales)
    {
        Span<float> fits = stackalloc float[SubBlocks];
        float extreme = 0f;
        for (int s = 0; s < SubBlocks; s++)
        {
            fits[s] = SymmetricSearch.FindScale(Sub(x, s), n, offsets);
            if (MathF.Abs(fits[s]) > MathF.Abs(extreme)) extreme = fits[s];
        }

        Half scale = HalfScale.Round(extreme / -128f); // the scale of largest magnitude takes the longer side, -128
        float error = ChooseSteps(x, n, fits, (float)scale, scales);

        Span<sbyte> newScales = stackalloc sbyte[SubBlocks];
        for (int turn = 0; turn < 2; turn++)
        {
            Half newScale = Refit(x, n, (float)scale, scales);
            float newError = ChooseSteps(x, n, fits, (float)newScale, newScales);
            if (newError >= error) break;

            (scale, error) = (newScale, newError);
            newScales.CopyTo(scales);
        }

        return scale;
    }

    private static ReadOnlySpan<float> Sub(ReadOnlySpan<float> x, int s) => x.Slice(SubLength * s, SubLength);

    private static float ChooseSteps(ReadOnlySpan<float> x, int n, ReadOnlySpan<float> fits, float scale, Span<sbyte> scales)
    {
        float total = 0f;
        for (int s = 0; s < SubBlocks; s++)
        {
            int center = scale == 0f ? 0 : (int)Math.Clamp(MathF.Round(fits[s] / scale), -128f, 127f);
            float best = float.PositiveInfinity;
            for (int step = Math.Max(center - 1, -128); step <= Math.Min(center + 1, 127); step++)
            {
                float error = SymmetricSearch.Error(Sub(x, s), scale * step, n);
                if (error >= best) continue;

                best = error;
                scales[s] = (sbyte)step;
            }

            total += best;
        }

        return total;
    }

    /// <summary>The scale that fits all values best for the steps and quants at hand.</summary>
    private static Half Refit(ReadOnlySpan<float> x, int n, float scale, ReadOnlySpan<sbyte> scales)
    {
        double xa = 0, aa = 0;
        for (int s = 0; s < SubBlocks; s++)
        {
            float sub = scale * scales[s];
            (float xq, float qq) = SymmetricSearch.Sums(Sub(x, s), SymmetricSearch.Inverse(sub), n);
            xa += (double)scales[s] * xq;
            aa += (double)scales[s] * scales[s] * qq;
        }

        return aa > 0 ? HalfScale.Round((float)(xa / aa)) : (Half)scale;
    }
}
