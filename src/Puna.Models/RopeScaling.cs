using Puna.Compute;

namespace Puna.Models;

/// <summary>Llama 3's stretching of slow rotations.</summary>
/// <param name="Factor">Divisor of frequencies slower than the context once trained on.</param>
/// <param name="LowFactor">Wavelengths above OriginalContext / LowFactor are divided by the whole factor.</param>
/// <param name="HighFactor">Wavelengths below OriginalContext / HighFactor are kept.</param>
/// <param name="OriginalContext">Context the unscaled frequencies were trained on, in tokens.</param>
public sealed record RopeScaling(double Factor, double LowFactor, double HighFactor, double OriginalContext)
{
    /// <summary>Frequencies of <paramref name="dimensions"/> rotated components, scaled or divided as given.</summary>
    /// <exception cref="ModelException">The numbers of divisors and pairs differ, or a factor is not positive.</exception>
    public static double[] Frequencies(string origin, int dimensions, double theta, RopeScaling? scaling, IReadOnlyList<double> divisors)
    {
        double[] frequencies = RopeTable.BaseFrequencies(dimensions, theta);
        if (scaling is { } s)
        {
            if (!(s.Factor > 0 && s.LowFactor > 0 && s.HighFactor > 0 && s.OriginalContext > 0))
                throw new ModelException(origin, $"the RoPE scaling has factor {s.Factor}, low {s.LowFactor}, high {s.HighFactor}, original context {s.OriginalContext}; all must be positive.");
            for (int m = 0; m < frequencies.Length; m++)
                frequencies[m] = RopeTable.ScaleLlama3(frequencies[m], s.Factor, s.LowFactor, s.HighFactor, s.OriginalContext);
        }

        if (divisors.Count == 0) return frequencies;
        if (divisors.Count != frequencies.Length) throw new ModelException(origin, $"{divisors.Count} RoPE factors are given for {frequencies.Length} pairs of components.");

        for (int m = 0; m < frequencies.Length; m++)
        {
            if (!(divisors[m] > 0)) throw new ModelException(origin, $"RoPE factor {m} is {divisors[m]}; it must be positive.");
            frequencies[m] /= divisors[m];
        }

        return frequencies;
    }
}
