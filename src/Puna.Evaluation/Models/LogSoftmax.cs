namespace Puna.Evaluation.Models;

/// <summary>The normalization of one row of logits, in double precision over the whole vocabulary.</summary>
internal readonly struct LogSoftmax
{
    private readonly double _logSum;

    /// <exception cref="EvaluationException">A logit is not a number.</exception>
    internal LogSoftmax(ReadOnlySpan<float> logits)
    {
        float max = float.NegativeInfinity;
        for (int i = 0; i < logits.Length; i++)
        {
            if (float.IsNaN(logits[i])) throw new EvaluationException($"The model's logit {i} is not a number: the file is damaged, or the engine has a fault.");
            if (logits[i] > max) (max, ArgMax) = (logits[i], i); // the first of equals
        }

        double sum = 0;
        foreach (float logit in logits) sum += Math.Exp((double)logit - max);
        _logSum = max + Math.Log(sum);
    }

    /// <summary>The most likely token; the lowest of equals.</summary>
    internal int ArgMax { get; }

    /// <summary>ln p of a logit of the row.</summary>
    internal double Of(float logit) => logit - _logSum;
}
