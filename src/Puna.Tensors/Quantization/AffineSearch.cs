using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Puna.Tensors.Quantization;

/// <summary>
/// Finds the scale s and offset b that make <c>x ≈ s * q + b</c>, q in [0, levels - 1], best in the least-squares sense.
/// </summary>
/// <remarks>
/// For fixed quants s and b are a straight-line fit of x over q. A candidate is a way of choosing quants: the range of the
/// values, with either end moved in or out a little. The winner is improved by turns of rounding and refitting. The
/// K formats store -b as an unsigned minimum, so there b may not be above zero. Values are read eight at a time and must be
/// a multiple of eight.
/// </remarks>
internal static class AffineSearch
{
    private readonly record struct Line(float Scale, float Offset, double Gain);

    // How far to move each end of the range inwards, as fractions of it. A set twice as dense lowered the error of the K
    // formats by under 0.5 % and took three times as long.
    internal static ReadOnlySpan<float> Margins4Bit => [-0.04f, 0f, 0.04f, 0.08f, 0.12f];

    internal static ReadOnlySpan<float> Margins5Bit => [-0.02f, 0f, 0.02f, 0.04f, 0.06f];

    /// <summary>The best scale (at least 0) and offset found.</summary>
    /// <param name="x">Finite values, [32].</param>
    /// <param name="levels">Number of levels.</param>
    /// <param name="offsetAtMostZero">True when the format cannot store a positive offset.</param>
    /// <param name="margins">How far to move the ends of the range inwards, as fractions of it; every pair is tried.</param>
    internal static (float Scale, float Offset) Find(ReadOnlySpan<float> x, int levels, bool offsetAtMostZero, ReadOnlySpan<float> margins)
    {
        (float low, float high) = Range(x);
        if (offsetAtMostZero) (low, high) = (Math.Min(low, 0f), Math.Max(high, 0f));
        float range = high - low;
        if (range < SymmetricSearch.Negligible) return (0f, MathF.Abs(low) < SymmetricSearch.Negligible ? 0f : low);

        float sumX = Sum(x);
        Line best = new(range / (levels - 1), low, double.NegativeInfinity);
        foreach (float bottom in margins)
        {
            foreach (float top in margins)
            {
                float offset = low + (range * bottom);
                if (offsetAtMostZero && offset > 0f) continue;

                Line line = Fit(x, sumX, range * (1f - bottom - top) / (levels - 1), offset, levels, offsetAtMostZero);
                if (line.Gain > best.Gain) best = line;
            }
        }

        for (int turn = 0; turn < 3; turn++)
        {
            Line line = Fit(x, sumX, best.Scale, best.Offset, levels, offsetAtMostZero);
            if (line.Gain <= best.Gain) break;
            best = line;
        }

        return (best.Scale, best.Offset);
    }

    /// <summary>Σ(x - (s q + b))² with every q the nearest level.</summary>
    internal static float Error(ReadOnlySpan<float> x, float scale, float offset, int levels)
    {
        Vector256<float> error = Vector256<float>.Zero, inverse = Vector256.Create(SymmetricSearch.Inverse(scale));
        Vector256<float> s = Vector256.Create(scale), b = Vector256.Create(offset);
        for (int i = 0; i < x.Length; i += 8)
        {
            Vector256<float> v = Vector256.Create(x[i..]);
            Vector256<float> difference = v - ((s * Nearest(v - b, inverse, levels)) + b);
            error += difference * difference;
        }

        return VectorSum.Of(error);
    }

    /// <summary>Sums over the quants nearest to (x - b) / s: Σq, Σq², Σxq.</summary>
    internal static (float Q, float QQ, float XQ) Sums(ReadOnlySpan<float> x, float scale, float offset, int levels)
    {
        Vector256<float> sumQ = Vector256<float>.Zero, sumQQ = sumQ, sumXQ = sumQ;
        Vector256<float> inverse = Vector256.Create(SymmetricSearch.Inverse(scale)), b = Vector256.Create(offset);
        for (int i = 0; i < x.Length; i += 8)
        {
            Vector256<float> v = Vector256.Create(x[i..]);
            Vector256<float> q = Nearest(v - b, inverse, levels);
            sumQ += q;
            sumQQ += q * q;
            sumXQ += v * q;
        }

        return (VectorSum.Of(sumQ), VectorSum.Of(sumQQ), VectorSum.Of(sumXQ));
    }

    /// <summary>Σx.</summary>
    internal static float Sum(ReadOnlySpan<float> x)
    {
        Vector256<float> sum = Vector256<float>.Zero;
        for (int i = 0; i < x.Length; i += 8) sum += Vector256.Create(x[i..]);
        return VectorSum.Of(sum);
    }

    /// <summary>The nearest levels.</summary>
    internal static void Assign(ReadOnlySpan<float> x, float scale, float offset, int levels, Span<byte> codes)
    {
        float inverse = SymmetricSearch.Inverse(scale);
        for (int i = 0; i < x.Length; i++)
            codes[i] = (byte)Math.Clamp(MathF.Round((x[i] - offset) * inverse), 0f, levels - 1);
    }

    /// <summary>
    /// Chooses quants by a given line and fits the best line to them. Gain is the part of Σx² the fit explains,
    /// s Σxq + b Σx: more of it is less error.
    /// </summary>
    private static Line Fit(ReadOnlySpan<float> x, float sumX, float scale, float offset, int levels, bool offsetAtMostZero)
    {
        (float q, float qq, float xq) = Sums(x, scale, offset, levels);
        double n = x.Length;
        double determinant = (n * qq) - ((double)q * q);
        if (determinant > 0)
        {
            double s = ((n * xq) - ((double)sumX * q)) / determinant;
            double b = (((double)qq * sumX) - ((double)q * xq)) / determinant;
            if (s > 0 && (b <= 0 || !offsetAtMostZero)) return new Line((float)s, (float)b, (s * xq) + (b * sumX));
        }

        if (qq > 0 && xq > 0) return new Line(xq / qq, 0f, (double)xq * xq / qq); // the best line through zero

        float mean = sumX / (float)n;
        return offsetAtMostZero && mean > 0 ? new Line(scale, offset, double.NegativeInfinity) : new Line(0f, mean, mean * sumX);
    }

    private static (float Low, float High) Range(ReadOnlySpan<float> x)
    {
        float low = x[0], high = x[0];
        foreach (float value in x)
        {
            if (value < low) low = value;
            if (value > high) high = value;
        }

        return (low, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Nearest(Vector256<float> x, Vector256<float> inverse, int levels) => Vector256.MinNative(
        Vector256.MaxNative(Vector256.Round(x * inverse), Vector256<float>.Zero), Vector256.Create((float)(levels - 1)));
}
