namespace Puna.Evaluation.Statistics;

/// <summary>Whether two models differ, from their scores on the same items. Unpaired comparisons of the same items waste most of what they say.</summary>
internal static class PairedTests
{
    /// <summary>Sign flips that a published p-value uses.</summary>
    public const int Permutations = 10_000;

    /// <summary>Exact two-sided McNemar test of 0/1 scores.</summary>
    /// <param name="onlyFirst">Items that only the first model got right.</param>
    /// <param name="onlySecond">Items that only the second got right.</param>
    /// <returns>The chance of a split at least this uneven if the models were equal.</returns>
    public static double McNemar(int onlyFirst, int onlySecond)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(onlyFirst);
        ArgumentOutOfRangeException.ThrowIfNegative(onlySecond);

        // Binomial terms as logarithms: 2^-n is below the smallest double from n = 1075 on.
        int n = onlyFirst + onlySecond, fewer = Math.Min(onlyFirst, onlySecond);
        double term = -n * Math.Log(2), largest = double.NegativeInfinity, scaled = 0;
        for (int i = 0; i <= fewer; i++)
        {
            if (term > largest)
            {
                scaled = scaled * Math.Exp(largest - term) + 1;
                largest = term;
            }
            else
            {
                scaled += Math.Exp(term - largest);
            }

            term += Math.Log((double)(n - i) / (i + 1));
        }

        return Math.Min(1, 2 * scaled * Math.Exp(largest));
    }

    /// <summary>
    /// Paired permutation test of real-valued scores: how often random signs make the mean difference as large as it is.
    /// </summary>
    /// <param name="differences">First model's score minus the second's, per item.</param>
    /// <param name="seed">Seed of the signs.</param>
    /// <param name="permutations">Number of sign patterns.</param>
    public static double Permutation(ReadOnlySpan<double> differences, ulong seed, int permutations = Permutations)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(permutations);
        double[] moving = [.. differences.ToArray().Where(d => d != 0)];
        double observed = Math.Abs(moving.Sum());
        double slack = 1e-12 * moving.Sum(Math.Abs); // sums of the same numbers in another order differ by rounding

        SplitMix64 random = new(seed);
        int asLarge = 0;
        for (int p = 0; p < permutations; p++)
        {
            double sum = 0;
            ulong signs = 0;
            for (int i = 0; i < moving.Length; i++)
            {
                if (i % 64 == 0) signs = random.Next();
                sum += (signs & 1) == 0 ? moving[i] : -moving[i];
                signs >>= 1;
            }

            if (Math.Abs(sum) >= observed - slack) asLarge++;
        }

        return (1.0 + asLarge) / (permutations + 1.0);
    }

    /// <summary>
    /// Holm's correction for many tests at once: p-values that may each be held against the same level, in the order given.
    /// </summary>
    public static double[] Holm(ReadOnlySpan<double> p)
    {
        int[] order = [.. Enumerable.Range(0, p.Length)];
        double[] keys = p.ToArray();
        Array.Sort(keys, order);

        double[] corrected = new double[p.Length];
        double running = 0;
        for (int rank = 0; rank < order.Length; rank++)
        {
            running = Math.Max(running, Math.Min(1, (p.Length - rank) * keys[rank]));
            corrected[order[rank]] = running;
        }

        return corrected;
    }
}
