namespace Puna.Compute;

/// <summary>Which components of a head are rotated together.</summary>
public enum RopePairing
{
    /// <summary>(2m, 2m + 1): Meta's own, and GGUF's for llama and llama4.</summary>
    Adjacent,

    /// <summary>(m, m + headDim / 2): Hugging Face files of Llama 2 and 3, whose q and k rows are permuted to match.</summary>
    HalfSplit,
}

/// <summary>Rotation frequencies of a model: pair m of a head at position p is turned by p * f[m] radians.</summary>
/// <remarks>
/// Angles are products in float64, so that positions to ten million stay exact to float32 after sine and cosine.
/// Source: Su et al., RoFormer, 2021, eq. 34; scaling as in Meta's llama-models, models/llama4/model.py, apply_scaling.
/// </remarks>
public sealed class RopeTable
{
    private readonly double[] _frequencies;

    /// <summary>A table of given frequencies.</summary>
    /// <param name="frequencies">Radians per position, one per pair.</param>
    /// <param name="pairing">Which components form a pair.</param>
    public RopeTable(ReadOnlySpan<double> frequencies, RopePairing pairing)
    {
        _frequencies = frequencies.ToArray();
        Pairing = pairing;
    }

    /// <summary>Radians per position, by pair.</summary>
    public ReadOnlySpan<double> Frequencies => _frequencies;

    /// <summary>Which components form a pair.</summary>
    public RopePairing Pairing { get; }

    /// <summary>Components rotated: twice the number of pairs. Components of a head beyond these are left alone.</summary>
    public int Dimensions => 2 * _frequencies.Length;

    /// <summary>Unscaled frequencies theta^(-2m/d) of d rotated components.</summary>
    public static double[] BaseFrequencies(int dimensions, double theta)
    {
        double[] frequencies = new double[dimensions / 2];
        for (int m = 0; m < frequencies.Length; m++) frequencies[m] = Math.Pow(theta, -2.0 * m / dimensions);
        return frequencies;
    }

    /// <summary>
    /// Llama 3's scaling of one frequency: kept where the wavelength is shorter than oldContext / high, divided by
    /// <paramref name="factor"/> where longer than oldContext / low, interpolated between. Equal low and high, as Scout
    /// has them, leave nothing to interpolate.
    /// </summary>
    public static double ScaleLlama3(double frequency, double factor, double low, double high, double oldContext)
    {
        double wavelength = 2 * Math.PI / frequency;
        if (wavelength < oldContext / high) return frequency;
        if (wavelength > oldContext / low || high <= low) return frequency / factor;

        double t = ((oldContext / wavelength) - low) / (high - low);
        return ((1 - t) * frequency / factor) + (t * frequency);
    }
}
