namespace Puna.Evaluation.Statistics;

/// <summary>Scores of one multiple-choice item from the log-likelihoods of its choices.</summary>
internal static class ChoiceScores
{
    /// <summary>The choice with the highest log-likelihood; of equal ones the first.</summary>
    public static int Best(ReadOnlySpan<double> logLikelihoods)
    {
        if (logLikelihoods.IsEmpty) throw new ArgumentException("An item without choices has no best one.", nameof(logLikelihoods));
        int best = 0;
        for (int i = 1; i < logLikelihoods.Length; i++)
        {
            if (logLikelihoods[i] > logLikelihoods[best]) best = i;
        }

        return best;
    }

    /// <summary>The choice with the highest log-likelihood per character (code point) of its text, without the joining space.</summary>
    public static int BestPerCharacter(ReadOnlySpan<double> logLikelihoods, IReadOnlyList<string> choices)
    {
        if (logLikelihoods.Length != choices.Count) throw new ArgumentException($"{logLikelihoods.Length} log-likelihoods and {choices.Count} choices: each choice has one.", nameof(choices));
        double[] normalized = new double[choices.Count];
        for (int i = 0; i < normalized.Length; i++) normalized[i] = logLikelihoods[i] / choices[i].EnumerateRunes().Count();
        return Best(normalized);
    }

    /// <summary>Probabilities of the choices: softmax over their log-likelihoods. Choices with none (-∞) get 0.</summary>
    public static double[] Probabilities(ReadOnlySpan<double> logLikelihoods)
    {
        double largest = logLikelihoods[Best(logLikelihoods)];
        double[] probs = new double[logLikelihoods.Length];
        double sum = 0;
        for (int i = 0; i < probs.Length; i++) sum += probs[i] = double.IsNegativeInfinity(largest) ? 1 : Math.Exp(logLikelihoods[i] - largest);
        for (int i = 0; i < probs.Length; i++) probs[i] /= sum;
        return probs;
    }

    /// <summary>Brier score of one item, 0 (sure and right) to 2 (sure and wrong).</summary>
    public static double Brier(ReadOnlySpan<double> probs, int gold)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)gold, (uint)probs.Length);
        double sum = 0;
        for (int i = 0; i < probs.Length; i++)
        {
            double miss = probs[i] - (i == gold ? 1 : 0);
            sum += miss * miss;
        }

        return sum;
    }

    /// <summary>
    /// Unbiased estimate of the chance that at least one of k samples passes, from n samples of which c pass.
    /// </summary>
    public static double PassAtK(int n, int c, int k)
    {
        if (k < 1 || k > n || c < 0 || c > n) throw new ArgumentOutOfRangeException(nameof(k), $"pass@{k} of {n} samples, {c} passing: 1 <= k <= n and 0 <= c <= n.");
        if (n - c < k) return 1;
        double none = 1;
        for (int i = n - c + 1; i <= n; i++) none *= 1 - (double)k / i;
        return 1 - none;
    }
}
