using System.Text;
using Puna.Evaluation.Statistics;

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
        double[] scores = [.. logLikelihoods];
        int chosen = ChoiceScores.Best(scores), perCharacter = ChoiceScores.BestPerCharacter(scores, texts);
        int perByte = ChoiceScores.Best([.. scores.Select((ll, i) => ll / Encoding.UTF8.GetByteCount(texts[i]))]);
        double[] shares = ChoiceScores.Probabilities(scores);
        int predicted = score == "acc_norm" ? perCharacter : chosen;
        return new ItemGrade(
            new Dictionary<string, double>
            {
                ["acc"] = chosen == right ? 1 : 0,
                ["acc_norm"] = perCharacter == right ? 1 : 0,
                ["acc_bytes"] = perByte == right ? 1 : 0,
                ["brier"] = ChoiceScores.Brier(shares, right),
                ["nll"] = -Math.Log(Math.Max(shares[right], double.Epsilon)),
                ["confidence"] = shares[chosen],
            },
            ChoiceLetters.Letter(predicted),
            "loglikelihood");
    }
}
