using System.Text;
using Puna.Evaluation.Models;

namespace Puna.Evaluation.Tasks.Choices;

/// <summary>Marks of choices by their log-likelihood.</summary>
internal static class ChoiceGrade
{
    /// <summary>What <see cref="Of"/> gives, the score first.</summary>
    internal static readonly string[] Metrics = ["acc", "acc_norm", "acc_bytes", "brier", "nll", "confidence"];

    /// <summary>
    /// acc: the likeliest choice, the first of equals. acc_norm and acc_bytes: the likeliest per character and per UTF-8 byte of its
    /// text. brier: squared distance of the softmax over the choices from the right one, 0 to 2. nll: -ln of the right one's
    /// share. confidence: the likeliest one's share.
    /// </summary>
    internal static ItemGrade Of(IReadOnlyList<double> logLikelihoods, IReadOnlyList<string> texts, int right, string score = "acc")
    {
        int chosen = ArgMax(logLikelihoods);
        int perCharacter = ArgMax([.. logLikelihoods.Select((ll, i) => ll / texts[i].EnumerateRunes().Count())]);
        int perByte = ArgMax([.. logLikelihoods.Select((ll, i) => ll / Encoding.UTF8.GetByteCount(texts[i]))]);
        double[] shares = Softmax(logLikelihoods);
        double brier = shares.Select((p, i) => Math.Pow(p - (i == right ? 1 : 0), 2)).Sum();
        int predicted = score == "acc_norm" ? perCharacter : chosen;
        return new ItemGrade(
            new Dictionary<string, double>
            {
                ["acc"] = chosen == right ? 1 : 0,
                ["acc_norm"] = perCharacter == right ? 1 : 0,
                ["acc_bytes"] = perByte == right ? 1 : 0,
                ["brier"] = brier,
                ["nll"] = -Math.Log(Math.Max(shares[right], double.Epsilon)),
                ["confidence"] = shares[chosen],
            },
            ChoiceLetters.Letter(predicted),
            "loglikelihood");
    }

    internal static double[] Softmax(IReadOnlyList<double> logs)
    {
        double max = logs.Max();
        double[] shares = [.. logs.Select(x => Math.Exp(x - max))];
        double sum = shares.Sum();
        for (int i = 0; i < shares.Length; i++) shares[i] /= sum;
        return shares;
    }

    internal static int ArgMax(IReadOnlyList<double> values)
    {
        int best = 0;
        for (int i = 1; i < values.Count; i++)
        {
            if (values[i] > values[best]) best = i;
        }

        return best;
    }
}
